//! Revisions of task definitions.

use super::{ActionGroup, Include, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsTaskDefinition",
    word: "task-definition",
    is_default: true,
    way: Way::ListThenDescribe {
        list: Operation::ListTaskDefinitions,
        describe: Operation::DescribeTaskDefinition,
        batch: 1,
    },
    parent: Parent::Region,
    group: ActionGroup::TaskDefinitionRead,
    shape: Shape::Single("taskDefinition"),
    arn_member: "taskDefinitionArn",
    arn_attribute: "TASK_DEFINITION_ARN",
    name_and_status: ["family", "status"],
    volatile: &[],
    includes: &[Include::TAGS],
    beside: None,
    counters: &[],
};
