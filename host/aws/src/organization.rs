//! The accounts of an organization.

use serde_json::{Value, json};

use super::account::Account;
use super::listing::PagedList;
use portolan_page::object::Operation;

const ACCOUNTS: PagedList = PagedList {
    operation: Operation::ListAccounts,
    member: "Accounts",
    // The maximum in the API reference.
    page_size: 20,
};

/// Ids of the active accounts, and the error if the list is incomplete. `account` is in the organization.
pub(super) async fn active_accounts(account: &Account) -> (Vec<String>, Option<String>) {
    let (members, problem) = ACCOUNTS.all(account, json!({})).await;
    let active = members.iter().filter(|member| is_active(member));
    let ids = active.filter_map(|member| Some(member["Id"].as_str()?.to_owned()));
    let problem = problem.map(|reason| {
        format!(
            "the accounts of the organization cannot be listed: {reason}; allow organizations:ListAccounts in the management account or a delegated one (`portolan iam-policy --organization`), or name roles with --assume-role-arn-file"
        )
    });
    (ids.collect(), problem)
}

/// Suspended accounts cannot be read, and closed ones are gone. `State` replaces `Status`, which AWS retires;
/// older endpoints send only `Status`.
fn is_active(member: &Value) -> bool {
    let state = member["State"].as_str().or(member["Status"].as_str());
    state.is_none_or(|state| state == "ACTIVE")
}
