//! Tasks.

use super::{ActionGroup, Include, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsTask",
    word: "task",
    is_default: true,
    way: Way::ListThenDescribe {
        list: Operation::ListTasks,
        describe: Operation::DescribeTasks,
        batch: 100,
    },
    parent: Parent::Cluster,
    group: ActionGroup::ClusterResourceRead,
    shape: Shape::List("tasks"),
    arn_member: "taskArn",
    arn_attribute: "TASK_ARN",
    name_and_status: ["group", "lastStatus"],
    volatile: &[],
    includes: &[Include::TAGS],
    beside: None,
    counters: &["runningTasksCount", "pendingTasksCount"],
};
