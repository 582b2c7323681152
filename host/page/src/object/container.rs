//! Containers: the parts of tasks.

use super::{ActionGroup, Object, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsContainer",
    word: "container",
    is_default: false,
    way: Way::PartsOf {
        object: Object::EcsTask,
        list: "containers",
        part: "container",
        whole: "task",
    },
    parent: Parent::Cluster,
    group: ActionGroup::ClusterResourceRead,
    shape: Shape::List("containers"),
    arn_member: "containerArn",
    // Some have no ARN: their task's identifies them.
    arn_attribute: "TASK_ARN",
    name_and_status: ["name", "lastStatus"],
    volatile: &[],
    includes: &[],
    beside: None,
    counters: &[],
};
