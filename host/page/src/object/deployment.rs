//! Deployments: the parts of services.

use super::{ActionGroup, Object, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsDeployment",
    word: "deployment",
    is_default: false,
    way: Way::PartsOf {
        object: Object::EcsService,
        list: "deployments",
        part: "deployment",
        whole: "service",
    },
    parent: Parent::Cluster,
    group: ActionGroup::ServiceRead,
    shape: Shape::List("deployments"),
    // It has no ARN: its service's identifies it.
    arn_member: "serviceArn",
    arn_attribute: "SERVICE_ARN",
    name_and_status: ["id", "status"],
    volatile: &["FAILED_TASKS", "PENDING_COUNT", "RUNNING_COUNT"],
    includes: &[],
    beside: None,
    counters: &[],
};
