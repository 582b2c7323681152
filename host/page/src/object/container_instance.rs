//! Container instances: the machines of EC2 and external capacity.

use super::{ActionGroup, Include, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsContainerInstance",
    word: "container-instance",
    is_default: false,
    way: Way::ListThenDescribe {
        list: Operation::ListContainerInstances,
        describe: Operation::DescribeContainerInstances,
        batch: 100,
    },
    parent: Parent::Cluster,
    group: ActionGroup::ClusterResourceRead,
    shape: Shape::List("containerInstances"),
    arn_member: "containerInstanceArn",
    arn_attribute: "CONTAINER_INSTANCE_ARN",
    name_and_status: ["ec2InstanceId", "status"],
    volatile: &["PENDING_TASKS_COUNT", "RUNNING_TASKS_COUNT"],
    includes: &[
        Include::TAGS,
        Include {
            name: "CONTAINER_INSTANCE_HEALTH",
            attributes: &["HEALTH_STATUS"],
        },
    ],
    beside: None,
    counters: &["registeredContainerInstancesCount"],
};
