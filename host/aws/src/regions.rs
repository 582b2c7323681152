//! The Regions that an account has enabled.

use serde_json::json;

use super::account::Account;
use super::listing::PagedList;
use portolan_page::object::Operation;

const REGIONS: PagedList = PagedList {
    operation: Operation::ListRegions,
    member: "Regions",
    // The maximum in the API reference.
    page_size: 50,
};

/// Names of the Regions that are enabled in an account, sorted.
///
/// # Errors
/// Fails if the Regions cannot be listed; the message says what to do.
pub(super) async fn enabled(account: &Account) -> Result<Vec<String>, String> {
    let enabled = json!({"RegionOptStatusContains": ["ENABLED", "ENABLED_BY_DEFAULT"]});
    let (regions, problem) = REGIONS.all(account, enabled).await;
    if let Some(reason) = problem {
        return Err(format!(
            "its Regions cannot be listed: {reason}; allow account:ListRegions in the account (`portolan iam-policy --regions all`), or name the Regions with --regions"
        ));
    }
    let names = regions
        .iter()
        .filter_map(|region| region["RegionName"].as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err("Account Management lists no enabled Region for it".into());
    }
    Ok(names)
}
