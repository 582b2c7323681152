//! Services.

use super::{ActionGroup, Include, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsService",
    word: "service",
    is_default: true,
    way: Way::ListThenDescribe {
        list: Operation::ListServices,
        describe: Operation::DescribeServices,
        batch: 10,
    },
    parent: Parent::Cluster,
    group: ActionGroup::ServiceRead,
    shape: Shape::List("services"),
    arn_member: "serviceArn",
    arn_attribute: "SERVICE_ARN",
    name_and_status: ["serviceName", "status"],
    volatile: &["PENDING_COUNT", "RUNNING_COUNT"],
    includes: &[Include::TAGS],
    beside: None,
    counters: &["activeServicesCount"],
};
