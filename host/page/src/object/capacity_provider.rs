//! Capacity providers, of a Region and of single clusters.

use super::{ActionGroup, Include, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsCapacityProvider",
    word: "capacity-provider",
    is_default: false,
    way: Way::DescribeAlone {
        describe: Operation::DescribeCapacityProviders,
    },
    parent: Parent::Region,
    group: ActionGroup::CapacityProviderRead,
    shape: Shape::List("capacityProviders"),
    arn_member: "capacityProviderArn",
    arn_attribute: "CAPACITY_PROVIDER_ARN",
    name_and_status: ["name", "status"],
    volatile: &[],
    includes: &[Include::TAGS],
    beside: None,
    counters: &[],
};
