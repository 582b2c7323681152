//! Lists of an account, page by page: the accounts of its organization, its Regions.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::account::Account;
use portolan_page::ledger::Ledger;
use portolan_page::object::Operation;

/// The limit for one page, retries included. The operator waits for it.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// The number of retries for one page.
const REPEAT_LIMIT: u32 = 3;
/// More pages than the largest organization needs: 50,000 accounts, 20 on a page.
const PAGE_LIMIT: usize = 10_000;
/// A page of a hundred accounts has some tens of kilobytes.
const PAGE_LIMIT_BYTES: usize = 1024 * 1024;

/// An operation that returns a list in pages.
pub(super) struct PagedList {
    pub(super) operation: Operation,
    /// The member of an answer that holds the page.
    pub(super) member: &'static str,
    /// The most elements of one page.
    pub(super) page_size: u32,
}

impl PagedList {
    /// All elements of all pages, and the reason if the list is incomplete.
    pub(super) async fn all(
        &self,
        account: &Account,
        mut parameters: Value,
    ) -> (Vec<Value>, Option<String>) {
        let region = account.region().into();
        let caller = account.caller(&region, REPEAT_LIMIT, Arc::new(Ledger::default()));
        parameters["MaxResults"] = self.page_size.into();
        let (mut all, mut tokens) = (Vec::new(), HashSet::new());
        loop {
            let page = caller.call(self.operation, &parameters, |body| {
                if body.len() > PAGE_LIMIT_BYTES {
                    return Err(format!("it has more than {PAGE_LIMIT_BYTES} bytes"));
                }
                let answer: Value = serde_json::from_slice(&body).map_err(|_| "it is not JSON")?;
                let page = answer[self.member].as_array().cloned();
                let page = page.ok_or_else(|| format!("it has no {}", self.member))?;
                Ok((page, answer["NextToken"].clone()))
            });
            let (page, token) = match tokio::time::timeout(ANSWER_LIMIT, page).await {
                Ok(Ok(page)) => page,
                Ok(Err(failure)) => return (all, Some(failure.line().message)),
                Err(_) => {
                    let reason = format!(
                        "{} did not answer within {} s, or was only throttled; check the network, HTTPS_PROXY and firewalls, or try again later",
                        self.operation,
                        ANSWER_LIMIT.as_secs()
                    );
                    return (all, Some(reason));
                }
            };
            all.extend(page);
            match token.as_str() {
                Some("") => return (all, None),
                Some(token) if !tokens.insert(token.to_owned()) || tokens.len() > PAGE_LIMIT => {
                    let reason = format!("{} returns pages without end", self.operation);
                    return (all, Some(reason));
                }
                Some(token) => parameters["NextToken"] = token.into(),
                None => return (all, None),
            }
        }
    }
}
