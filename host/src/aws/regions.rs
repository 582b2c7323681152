//! The Regions that an account has enabled.

use aws_config::SdkConfig;
use aws_sdk_account::types::RegionOptStatus;

use super::advice::chain;

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
    while let Some(page) = pages.next().await {
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
