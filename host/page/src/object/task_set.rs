//! Task sets: the parts of services that others than ECS deploy.

use super::{ActionGroup, Include, Object, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsTaskSet",
    word: "task-set",
    is_default: false,
    way: Way::PartsOf {
        object: Object::EcsService,
        list: "taskSets",
        part: "taskSet",
        whole: "service",
    },
    parent: Parent::Cluster,
    group: ActionGroup::ServiceRead,
    shape: Shape::List("taskSets"),
    arn_member: "taskSetArn",
    arn_attribute: "TASK_SET_ARN",
    name_and_status: ["id", "status"],
    volatile: &["PENDING_COUNT", "RUNNING_COUNT"],
    includes: &[Include::TAGS],
    beside: None,
    counters: &[],
};
