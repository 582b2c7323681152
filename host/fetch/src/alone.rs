//! Objects that come whole from the pages of one operation: capacity providers and account settings.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::own_name;
use super::members::{is_list, objects, page_texts, text};
use super::paging::{Tokens, next_token};
use super::{FetchedPage, RegionFetch};
use portolan_aws::{CallFailure, FailureKind};
use portolan_machine::fingerprint::fingerprint;
use portolan_page::ledger::{EntryKey, Failure, Tombstone};
use portolan_page::object::{Object, Operation};
use portolan_page::{Page, with_member};

/// The capacity providers that every Region has.
const OF_EVERY_REGION: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// The reading of an object's pages, for one entry of the report.
pub(super) struct WholePages<'a> {
    pub(super) scope: &'a RegionFetch,
    pub(super) key: EntryKey,
    /// Fingerprints of the names or ids of the objects so far, and of those that an earlier sync kept.
    pub(super) seen: HashSet<[u8; 16]>,
    /// The `include` values that could not be read.
    pub(super) unread: Vec<String>,
}

/// Objects, and the calls that return them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The number of objects.
    pub objects: u64,
    /// The number of calls.
    pub calls: u64,
}

/// A page, and the token of the next one.
pub(super) struct TokenPage {
    pub(super) page: Page,
    pub(super) next_token: Option<String>,
}

impl<'a> WholePages<'a> {
    pub(super) fn new(scope: &'a RegionFetch, object: Object) -> Self {
        let key = scope.key(object, None);
        scope.ledger.open(&key);
        let seen = scope.kept(&key).asked;
        Self {
            scope,
            key,
            seen,
            unread: Vec::new(),
        }
    }

    /// Asks for one page, to whose body a member is added.
    pub(super) async fn page(
        &self,
        parameters: &Value,
        beside: Option<(&str, &str)>,
    ) -> Result<TokenPage, CallFailure> {
        let object = self.key.object;
        let operation = object.describe_operation();
        let read = |body: Bytes| {
            let next_token = next_token(&body, operation.paging().token)?;
            let body = match beside {
                Some((name, value)) => with_member(&body, name, Some(value)).into(),
                None => body,
            };
            let page = self.scope.page(object, body)?;
            if !page.has_member() || !is_list(&page) {
                return Err(format!("it has no list of {object}"));
            }
            Ok(TokenPage { page, next_token })
        };
        self.scope.caller.call(operation, parameters, read).await
    }

    /// Sends on the objects of a page that are new.
    pub(super) async fn send(&mut self, page: Page) {
        let names: Vec<Option<String>> = (0..page.len()).map(|index| page.arn(index)).collect();
        let mut is_new = |name: &Option<String>| {
            let name = name.as_ref();
            name.is_none_or(|name| self.seen.insert(fingerprint(name)))
        };
        let kept: Vec<bool> = names.iter().map(&mut is_new).collect();
        let page = match kept.iter().all(|is_kept| *is_kept) {
            true => page,
            false => page.only(|index| kept[index]),
        };
        let described = page.described().count();
        self.scope.ledger.listed(&self.key, described);
        self.scope.ledger.described(&self.key, described);
        let asked: Vec<String> = page
            .described()
            .filter_map(|index| names[index].clone())
            .collect();
        let page = FetchedPage {
            key: self.key.clone(),
            // A resumed sync would not know an object without a name, and would send it twice.
            is_new: asked.len() == described,
            page,
            asked,
            unread: self.unread.clone(),
            is_untagged: false,
            is_unscanned: false,
        };
        if described > 0 {
            // This fails only if the sync is being stopped and the receivers are closed.
            let _ = self.scope.pages.send(page).await;
        }
    }

    /// Asks for all pages, and passes each to `note` before its objects are sent on. A refused `include` is left
    /// out.
    async fn all(
        &mut self,
        mut parameters: Value,
        beside: Option<(&str, &str)>,
        mut note: impl FnMut(&Page),
    ) -> Result<(), CallFailure> {
        let operation = self.key.object.describe_operation();
        let paging = operation.paging();
        parameters[paging.size] = self.scope.config.page_size.min(paging.limit).into();
        let mut tokens = Tokens::default();
        loop {
            let answer = match self.page(&parameters, beside).await {
                Err(failure) if failure.may_be_of_include() && !parameters["include"].is_null() => {
                    let included = parameters["include"].take();
                    parameters.as_object_mut().map(|all| all.remove("include"));
                    let answer = self.page(&parameters, beside).await?;
                    self.unread = serde_json::from_value(included).unwrap_or_default();
                    answer
                }
                answer => answer?,
            };
            note(&answer.page);
            self.send_failures(&answer.page);
            self.send(answer.page).await;
            match tokens.next(answer.next_token, operation)? {
                Some(token) => parameters[paging.token] = token.into(),
                None => return Ok(()),
            }
        }
    }

    /// Counts objects and calls.
    async fn count(
        &self,
        mut parameters: Value,
        count: &mut Count,
        mut note: impl FnMut(&Page),
    ) -> Result<(), CallFailure> {
        let operation = self.key.object.describe_operation();
        let paging = operation.paging();
        parameters[paging.size] = self.scope.config.page_size.min(paging.limit).into();
        let mut tokens = Tokens::default();
        loop {
            let TokenPage { page, next_token } = self.page(&parameters, None).await?;
            note(&page);
            count.calls += 1;
            count.objects += page.described().count() as u64;
            match tokens.next(next_token, operation)? {
                Some(token) => parameters[paging.token] = token.into(),
                None => return Ok(()),
            }
        }
    }

    /// Notes objects that AWS names and does not describe.
    fn send_failures(&self, page: &Page) {
        #[derive(Deserialize)]
        struct Refusal {
            arn: Option<String>,
            reason: Option<String>,
            detail: Option<String>,
        }
        let refusals: Option<Vec<Refusal>> = serde_json::from_slice(page.failures()).ok();
        for refusal in refusals.into_iter().flatten() {
            self.scope.ledger.listed(&self.key, 1);
            let tombstone = Tombstone {
                arn: refusal
                    .arn
                    .unwrap_or_else(|| "an object without ARN".into()),
                reason: refusal.reason.unwrap_or_else(|| "no reason given".into()),
                detail: refusal.detail,
            };
            self.scope.ledger.tombstone(&self.key, tombstone);
        }
    }

    pub(super) fn failed(&self, failure: &CallFailure) {
        let failure = failure.line();
        self.scope.ledger.failure(&self.key, failure, 0);
    }
}

/// Describes the capacity providers of the Region, and those of each cluster that names one which the Region does
/// not have: managed instances belong to their cluster.
pub(super) async fn capacity_providers(scope: Arc<RegionFetch>) {
    let mut pages = WholePages::new(&scope, Object::EcsCapacityProvider);
    let mut known: BTreeSet<String> = OF_EVERY_REGION.map(str::to_owned).into();
    let parameters = || json!({"include": ["TAGS"]});
    let whole_region = pages.all(parameters(), None, |page| {
        known.extend(page_texts(page, "name"));
        known.extend((0..page.len()).filter_map(|index| page.arn(index)));
    });
    if let Err(failure) = whole_region.await {
        pages.failed(&failure);
    } else {
        let known: BTreeSet<&str> = known.iter().map(|name| own_name(name)).collect();
        for (cluster, providers) in scope.cluster_providers() {
            if providers.iter().all(|name| known.contains(own_name(name))) {
                continue;
            }
            let mut parameters = parameters();
            parameters["cluster"] = cluster.into();
            match pages.all(parameters, None, |_| ()).await {
                // The providers of a cluster that vanished are gone with it.
                Err(failure) if failure.kind == FailureKind::ClusterGone => {}
                Err(failure) => {
                    pages.failed(&failure);
                    if failure.kind == FailureKind::Denied {
                        break;
                    }
                }
                Ok(()) => {}
            }
        }
    }
    let key = &pages.key;
    let clusters = [Object::EcsCluster];
    let reason = scope
        .ledger
        .incomplete_because(&key.account_id, &key.region, &clusters);
    if let Some(reason) = reason {
        // The report may have no entry of the clusters.
        let reason = format!(
            "the clusters are not complete, so providers of managed instances may be missing: {reason}"
        );
        scope.ledger.lost(key, &reason, 0);
    }
    scope.ledger.listed_again(&pages.key);
}

/// Counts the objects that a sync would read, by the same calls; `None` for an object that is fetched otherwise, and
/// for events, of which there may be thousands of pages. `providers` are those that each cluster names.
pub(super) async fn survey(
    scope: &RegionFetch,
    object: Object,
    providers: impl Iterator<Item = &[String]>,
) -> Option<Result<Count, CallFailure>> {
    let parameters = match object {
        Object::EcsCapacityProvider => json!({}),
        Object::EcsAccountSetting => json!({"effectiveSettings": true}),
        _ => return None,
    };
    let pages = WholePages::new(scope, object);
    let mut known: BTreeSet<String> = OF_EVERY_REGION.map(str::to_owned).into();
    let mut count = Count::default();
    let result = pages.count(parameters, &mut count, |page| {
        known.extend(page_texts(page, "name"))
    });
    if let Err(failure) = result.await {
        return Some(Err(failure));
    }
    if object == Object::EcsAccountSetting {
        let mut own = Count::default();
        let result = pages.count(json!({"effectiveSettings": false}), &mut own, |_| ());
        // The sync goes on without them.
        let _ = result.await;
        count.calls += own.calls;
        return Some(Ok(count));
    }
    let limit = object.describe_operation().paging().limit;
    let page = u64::from(scope.config.page_size.min(limit));
    count.calls += providers
        .map(|names| {
            let unknown = names.iter().filter(|name| !known.contains(own_name(name)));
            (unknown.count() as u64).div_ceil(page)
        })
        .sum::<u64>();
    Some(Ok(count))
}

/// Lists the settings that apply, with the caller's own beside them.
pub(super) async fn account_settings(scope: Arc<RegionFetch>) {
    let mut pages = WholePages::new(&scope, Object::EcsAccountSetting);
    let own = own_settings(&pages).await;
    if let Err(failure) = &own {
        let Failure { message, .. } = failure.line();
        scope.ledger.warn(format!(
            "{} {}: whether the caller has set account settings for itself is unknown: {message}",
            pages.key.account_id, pages.key.region
        ));
        pages.unread = vec![OWN_SETTINGS.to_owned()];
    }
    let own = own.ok();
    let beside = own.as_deref().map(|own| (OWN_SETTINGS, own));
    let effective = json!({"effectiveSettings": true});
    if let Err(failure) = pages.all(effective, beside, |_| ()).await {
        pages.failed(&failure);
    }
    scope.ledger.listed_again(&pages.key);
}

/// The member that holds the caller's own settings.
const OWN_SETTINGS: &str = "ownSettings";

/// The settings that the caller has set for itself, as a JSON list.
async fn own_settings(pages: &WholePages<'_>) -> Result<String, CallFailure> {
    let operation = Operation::ListAccountSettings;
    let paging = operation.paging();
    let mut parameters = json!({
        "effectiveSettings": false,
        paging.size: pages.scope.config.page_size.min(paging.limit),
    });
    let (mut own, mut tokens) = (Vec::new(), Tokens::default());
    loop {
        let TokenPage { page, next_token } = pages.page(&parameters, None).await?;
        let names = page_texts(&page, "name");
        own.extend(names.into_iter().map(|name| json!({"name": name})));
        match tokens.next(next_token, operation)? {
            Some(token) => parameters[paging.token] = token.into(),
            None => return Ok(Value::from(own).to_string()),
        }
    }
}

/// By cluster ARN, the capacity providers that each cluster of a page names.
#[must_use]
pub fn providers_of_clusters(page: &Page) -> BTreeMap<String, Vec<String>> {
    if page.object != Object::EcsCluster {
        return BTreeMap::new();
    }
    let named = objects(page).into_iter().filter_map(|members| {
        let providers = members.get("capacityProviders")?;
        let providers: Vec<Option<String>> = serde_json::from_str(providers.get()).ok()?;
        Some((
            text(&members, "clusterArn")?,
            providers.into_iter().flatten().collect(),
        ))
    });
    named.collect()
}

impl RegionFetch {
    /// Collects the providers that the clusters of a page name, if the sync needs them.
    pub(super) fn note_providers(&self, page: &Page) {
        if self.config.objects.contains(&Object::EcsCapacityProvider) {
            let mut all = self
                .providers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            all.append(&mut providers_of_clusters(page));
        }
    }

    fn cluster_providers(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = self
            .providers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *all)
    }
}
