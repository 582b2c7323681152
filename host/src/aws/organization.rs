//! The accounts of an organization.

use aws_config::SdkConfig;
use aws_sdk_organizations::types::{Account as Member, AccountState, AccountStatus};

use super::advice::chain;
use super::regions::ANSWER_LIMIT;

/// What Organizations gives in one page at most, by its API reference.
const PAGE_SIZE: i32 = 20;

/// Ids of the active accounts, and what went wrong while they were listed: those that are known by then
/// are given too.
pub(super) async fn active_accounts(sdk: &SdkConfig) -> (Vec<String>, Option<String>) {
    let client = aws_sdk_organizations::Client::new(sdk);
    let mut pages = client
        .list_accounts()
        .into_paginator()
        .page_size(PAGE_SIZE)
        .send();
    let mut ids = Vec::new();
    loop {
        let page = match tokio::time::timeout(ANSWER_LIMIT, pages.next()).await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(_) => {
                let message = format!(
                    "the accounts of the organization cannot be listed: Organizations gave no answer within {} s; check the network, HTTPS_PROXY and firewalls",
                    ANSWER_LIMIT.as_secs()
                );
                return (ids, Some(message));
            }
        };
        match page {
            Ok(page) => {
                let members = page.accounts.unwrap_or_default().into_iter();
                ids.extend(members.filter(is_active).filter_map(|member| member.id));
            }
            Err(error) => {
                let message = format!(
                    "the accounts of the organization cannot be listed: {}; it takes organizations:ListAccounts in the management account or a delegated one (`portolan iam-policy --organization`), or name roles with --assume-role-arn-file",
                    chain(&error)
                );
                return (ids, Some(message));
            }
        }
    }
    (ids, None)
}

/// Suspended accounts cannot be read, and closed ones are gone. `State` came for `Status`, which AWS
/// retires; older endpoints send that alone.
fn is_active(member: &Member) -> bool {
    match (&member.state, &member.status) {
        (Some(state), _) => *state == AccountState::Active,
        (None, Some(status)) => *status == AccountStatus::Active,
        (None, None) => true,
    }
}
