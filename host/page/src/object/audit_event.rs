//! Events of the audit trail that concern ECS.

use super::{ActionGroup, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsAuditEvent",
    word: "audit-event",
    is_default: false,
    way: Way::ListAlone {
        list: Operation::LookupEvents,
    },
    parent: Parent::Region,
    group: ActionGroup::EventRead,
    shape: Shape::List("Events"),
    // Events have no ARN, and their ids are unique.
    arn_member: "EventId",
    arn_attribute: "UID",
    name_and_status: ["EventName", "EventTime"],
    volatile: &[],
    includes: &[],
    beside: None,
    counters: &[],
};
