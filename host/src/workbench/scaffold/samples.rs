use crate::mapper::Kind;
use crate::object::Object;

/// Recorded pages, and the records that the template makes of them.
pub(super) const fn of(object: Object, kind: Kind) -> (&'static str, &'static str) {
    let (pages, mapping, overlay) = match object {
        Object::EcsCluster => (
            include_str!("../templates/cluster.pages.jsonl"),
            include_str!("../templates/cluster.mapping.expected.jsonl"),
            include_str!("../templates/cluster.overlay.expected.jsonl"),
        ),
        Object::EcsService => (
            include_str!("../templates/service.pages.jsonl"),
            include_str!("../templates/service.mapping.expected.jsonl"),
            include_str!("../templates/service.overlay.expected.jsonl"),
        ),
        Object::EcsTask => (
            include_str!("../templates/task.pages.jsonl"),
            include_str!("../templates/task.mapping.expected.jsonl"),
            include_str!("../templates/task.overlay.expected.jsonl"),
        ),
        Object::EcsTaskDefinition => (
            include_str!("../templates/task_definition.pages.jsonl"),
            include_str!("../templates/task_definition.mapping.expected.jsonl"),
            include_str!("../templates/task_definition.overlay.expected.jsonl"),
        ),
    };
    match kind {
        Kind::Mapping => (pages, mapping),
        Kind::Overlay => (pages, overlay),
    }
}
