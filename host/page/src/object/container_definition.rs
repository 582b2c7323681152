//! Container definitions: the parts of task definitions.

use super::{ActionGroup, Object, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsContainerDefinition",
    word: "container-definition",
    is_default: false,
    way: Way::PartsOf {
        object: Object::EcsTaskDefinition,
        list: "containerDefinitions",
        part: "containerDefinition",
        whole: "taskDefinition",
    },
    parent: Parent::Region,
    group: ActionGroup::TaskDefinitionRead,
    shape: Shape::List("containerDefinitions"),
    // A container definition has no ARN; its task definition's ARN stands for it.
    arn_member: "taskDefinitionArn",
    arn_attribute: "TASK_DEFINITION_ARN",
    name_and_status: ["name", "image"],
    volatile: &[],
    includes: &[],
    beside: None,
    counters: &[],
};
