//! The Regions that an account has enabled.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_account::types::RegionOptStatus;

use super::advice::chain;

/// How long a page of Regions or accounts may take, with what the SDK repeats. Somebody waits for it.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// What Account Management gives in one page at most, by its API reference.
const PAGE_SIZE: i32 = 50;

/// Names of the Regions that can be used in the account of the credentials, sorted.
///
/// # Errors
/// What failed and what to do.
pub(super) async fn enabled(sdk: &SdkConfig) -> Result<Vec<String>, String> {
    let client = aws_sdk_account::Client::new(sdk);
    let mut pages = client
        .list_regions()
        .region_opt_status_contains(RegionOptStatus::Enabled)
        .region_opt_status_contains(RegionOptStatus::EnabledByDefault)
        .into_paginator()
        .page_size(PAGE_SIZE)
        .send();
    let mut names = Vec::new();
    loop {
        let page = match tokio::time::timeout(ANSWER_LIMIT, pages.next()).await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            Err(_) => {
                return Err(format!(
                    "Account Management gave no answer within {} s; check the network, HTTPS_PROXY and firewalls, or name the Regions with --regions",
                    ANSWER_LIMIT.as_secs()
                ));
            }
        };
        let page = page.map_err(|error| {
            format!(
                "its Regions cannot be listed: {}; it takes account:ListRegions in the account (`portolan iam-policy --regions all`), or name the Regions with --regions",
                chain(&error)
            )
        })?;
        let regions = page.regions.unwrap_or_default().into_iter();
        names.extend(regions.filter_map(|region| region.region_name));
    }
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err("Account Management says that it has no Region enabled".into());
    }
    Ok(names)
}
