//! Account settings: those that apply, and whether the caller has set them for itself.

use super::{ActionGroup, Include, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsAccountSetting",
    word: "account-setting",
    is_default: false,
    way: Way::ListAlone {
        list: Operation::ListAccountSettings,
    },
    parent: Parent::Region,
    group: ActionGroup::SettingRead,
    shape: Shape::List("settings"),
    // Settings have no ARN, and their names are unique in a Region.
    arn_member: "name",
    arn_attribute: "NAME",
    name_and_status: ["name", "value"],
    volatile: &[],
    // A second call, not a parameter.
    includes: &[Include {
        name: "ownSettings",
        attributes: &["IS_CALLERS_OWN"],
    }],
    beside: Some("ownSettings"),
    counters: &[],
};
