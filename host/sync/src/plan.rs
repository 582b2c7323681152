//! The cost of a sync, before it runs: its calls, and the time that AWS's quotas require.

use futures_util::future::BoxFuture;
use portolan_page::{AccountId, RegionName};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError};
use crate::scopes::known;
use portolan_aws::{AccountError, AccountRoute, Accounts};
use portolan_fetch::{self, Fetching, KnownRevisions, Survey, TaskDefinitionStatus};
use portolan_machine::clock::Clock;
use portolan_page::object::{ActionGroup, NOT_READ, Object, Operation, Parent};
use portolan_revisions::RevisionCache;

/// The plan of a sync with a configuration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "plan")]
pub struct Plan {
    /// The share of AWS's quotas that the sync may use. Absent without quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_share: Option<f64>,
    /// The least time for the whole sync in milliseconds. Accounts and Regions have separate quotas, so the
    /// slowest one determines it. Absent without quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_ms: Option<u64>,
    /// One plan for each account and Region.
    pub scopes: Vec<ScopePlan>,
    /// Whether everything could be counted.
    pub complete: bool,
    /// Resources of ECS that no version of this program's objects reads. Their absence means nothing.
    #[serde(default)]
    pub not_read: Vec<String>,
}

/// The plan of one account and Region.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct ScopePlan {
    /// The account's twelve digits; empty if the credentials did not work.
    pub account_id: AccountId,
    /// The Region.
    pub region: RegionName,
    /// Objects that a sync would list. Stopped tasks are not included, because AWS has no counter of them. An
    /// object that could not be counted is left out, and so are its calls.
    pub objects: BTreeMap<Object, u64>,
    /// The number of these revisions that are in the revision cache and need no call. Absent without a cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_revisions: Option<u64>,
    /// Calls of each operation.
    pub operations: BTreeMap<Operation, u64>,
    /// The calls of each action group.
    pub groups: BTreeMap<ActionGroup, GroupPlan>,
    /// The group that takes longest. Absent without quotas, and if no group has to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest: Option<ActionGroup>,
    /// The reasons that objects are not counted, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// The calls of one action group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupPlan {
    /// Calls that a sync makes.
    pub calls: u64,
    /// The least time for them, starting with a full bucket, in milliseconds. Absent without quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_ms: Option<u64>,
}

/// Surveys every account and Region of a configuration with cheap calls: lists of clusters and revisions, and
/// DescribeClusters. `cache` has the revisions that the sync would not request.
///
/// # Errors
/// Fails if no Region is known. An object that cannot be counted is a problem of its scope.
pub fn run(
    config: Config,
    cache: Option<RevisionCache>,
) -> BoxFuture<'static, Result<Plan, ConfigError>> {
    Box::pin(async move {
        let cache = cache.map(|cache| known(&Arc::new(cache)));
        let bounds = config.fetching.quotas();
        let accounts = Accounts::find(&config.connection, bounds, &Clock::default()).await?;
        let accounts = Arc::new(accounts);
        let places = Arc::new(Semaphore::new(config.fetching.parallel_scopes));
        let config = Arc::new(config.fetching);
        let mut scopes: Vec<ScopePlan> = accounts.errors.iter().flat_map(problems).collect();
        let mut looks = JoinSet::new();
        for route in accounts.routes.clone() {
            let (accounts, config) = (Arc::clone(&accounts), Arc::clone(&config));
            let places = Arc::clone(&places);
            looks.spawn(look(accounts, route, config, places, cache.clone()));
        }
        scopes.extend(looks.join_all().await.into_iter().flatten());
        scopes.sort_by(|one, other| {
            (&one.account_id, &one.region).cmp(&(&other.account_id, &other.region))
        });
        let floors = scopes.iter().flat_map(|scope| scope.groups.values());
        Ok(Plan {
            quota_share: config.quota_share,
            floor_ms: floors.filter_map(|group| group.floor_ms).max(),
            complete: scopes.iter().all(|scope| scope.problems.is_empty()),
            scopes,
            not_read: NOT_READ.map(str::to_owned).into(),
        })
    })
}

/// Reaches an account and surveys its Regions, one after the other.
async fn look(
    accounts: Arc<Accounts>,
    route: AccountRoute,
    config: Arc<Fetching>,
    places: Arc<Semaphore>,
    cache: Option<KnownRevisions>,
) -> Vec<ScopePlan> {
    // The semaphore is never closed.
    let _place = places.acquire().await.ok();
    let reached = accounts.reach(&route).await;
    let mut scopes: Vec<ScopePlan> = reached.errors.iter().flat_map(problems).collect();
    if let Some((account, regions)) = reached.account {
        for region in regions {
            let (config, known) = (Arc::clone(&config), cache.clone());
            let survey =
                portolan_fetch::survey(&account, &region, Arc::clone(&config), known).await;
            scopes.push(ScopePlan {
                account_id: account.account_id.clone(),
                region,
                known_revisions: cache.as_ref().map(|_| survey.known_revisions),
                ..ScopePlan::of(&survey, &config)
            });
        }
    }
    scopes
}

/// The plans of the Regions that an error affects.
fn problems(error: &AccountError) -> Vec<ScopePlan> {
    let regions = error.regions.iter();
    let problem = |region: &RegionName| ScopePlan {
        account_id: error.account_id.clone().unwrap_or_default(),
        region: region.clone(),
        problems: vec![error.message.clone()],
        ..ScopePlan::default()
    };
    regions.map(problem).collect()
}

impl ScopePlan {
    fn of(survey: &Survey, config: &Fetching) -> Self {
        let operations = calls(survey, config);
        let mut groups: BTreeMap<ActionGroup, GroupPlan> = BTreeMap::new();
        for (operation, calls) in &operations {
            if let Some(group) = operation.group() {
                groups.entry(group).or_default().calls += calls;
            }
        }
        for (group, plan) in &mut groups {
            plan.floor_ms = config
                .quota_share
                .map(|share| milliseconds(group.bucket().share(share).floor(plan.calls)));
        }
        let slowest = groups
            .iter()
            .filter(|(_, plan)| plan.floor_ms > Some(0))
            .max_by_key(|(_, plan)| plan.floor_ms)
            .map(|(group, _)| *group);
        let failures = survey.failures.iter();
        Self {
            objects: objects(survey, config),
            operations,
            groups,
            slowest,
            problems: failures.map(|failure| failure.message.clone()).collect(),
            ..Self::default()
        }
    }
}

fn objects(survey: &Survey, config: &Fetching) -> BTreeMap<Object, u64> {
    let objects = counted(survey, config);
    objects
        .filter(|object| config.objects.contains(object) && *object != Object::EcsAuditEvent)
        .map(|object| (object, count(survey, object)))
        .collect()
}

fn count(survey: &Survey, object: Object) -> u64 {
    if let Some(count) = survey.whole.get(&object) {
        return count.objects;
    }
    match (object, object.row().parent) {
        (Object::EcsCluster, _) => survey.clusters.len() as u64,
        (_, Parent::Cluster) => per_cluster(survey, object).sum(),
        (_, Parent::Region) => survey.revisions,
    }
}

/// The number of an object in each cluster, from its counters.
fn per_cluster(survey: &Survey, object: Object) -> impl Iterator<Item = u64> {
    let clusters = survey.clusters.iter();
    clusters.map(move |cluster| cluster.get(&object).copied().unwrap_or_default())
}

/// The fetched objects that could be counted. The number of their parts is not known before the sync.
fn counted(survey: &Survey, config: &Fetching) -> impl Iterator<Item = Object> {
    let objects = config.fetched().into_iter();
    objects.filter(|object| !survey.uncounted.contains(object))
}

/// The calls that a sync makes for the counted objects: full pages, full batches, each cluster separately.
fn calls(survey: &Survey, config: &Fetching) -> BTreeMap<Operation, u64> {
    let page = u64::from(config.page_size);
    // An empty list is one page too.
    let pages = |objects: u64| objects.div_ceil(page).max(1);
    let clusters = survey.clusters.len() as u64;
    let mut calls = BTreeMap::new();
    for object in counted(survey, config) {
        if let Some(count) = survey.whole.get(&object) {
            *calls.entry(object.describe_operation()).or_default() += count.calls;
            continue;
        }
        if object == Object::EcsAuditEvent {
            let names = config.options.event_names().len() as u64;
            calls.insert(object.describe_operation(), names);
            continue;
        }
        let batch = page.min(object.describe_batch() as u64);
        let (list, describe) = match (object, object.row().parent) {
            (Object::EcsCluster, _) => (pages(clusters), clusters.div_ceil(batch)),
            (_, Parent::Cluster) => {
                // Stopped tasks have a list of their own in each cluster, of at least one page.
                let is_listed_twice =
                    object == Object::EcsTask && config.options.fetch_stopped_tasks;
                let more = if is_listed_twice { clusters } else { 0 };
                calls.insert(Operation::ListClusters, pages(clusters));
                let batches = per_cluster(survey, object).map(|count| count.div_ceil(batch));
                (
                    more + per_cluster(survey, object).map(pages).sum::<u64>(),
                    batches.sum(),
                )
            }
            (_, Parent::Region) => (
                survey.revision_pages,
                survey.revisions - survey.known_revisions,
            ),
        };
        calls.insert(object.list_operation(), list);
        calls.insert(object.describe_operation(), describe);
    }
    for operation in config.optional_operations() {
        // Untagged revisions are not in the answers, so this is the most.
        let limit = u64::from(operation.paging().limit);
        calls.insert(operation, survey.revisions.div_ceil(limit).max(1));
    }
    calls
}

impl Plan {
    /// Remarks about the numbers.
    #[must_use]
    pub fn notes(config: &Fetching) -> Vec<&'static str> {
        let mut notes = Vec::new();
        if config.options.fetch_stopped_tasks && config.fetched().contains(&Object::EcsTask) {
            notes.push("stopped tasks are not counted, because AWS has no counter of them");
        }
        if config.options.task_definition_status != TaskDefinitionStatus::Active {
            notes.push("AWS may refuse to describe INACTIVE revisions that are no longer in use");
        }
        if config.objects.contains(&Object::EcsAuditEvent) {
            notes.push("audit events are not counted; each name takes a call for every 50 events");
        }
        if config.options.needs_revisions_in_use() {
            notes.push(
                "the revisions in use are not known before the sync; all revisions are counted",
            );
        }
        notes
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[test]
    fn the_reference_account_takes_as_long_as_its_revisions() {
        let settings = Settings {
            quota_share: Some(1.0),
            ..Settings::default()
        };
        let config = Config::resolve(settings, None).expect("valid");
        let cluster = BTreeMap::from([(Object::EcsService, 40), (Object::EcsTask, 400)]);
        let survey = Survey {
            clusters: vec![cluster; 50],
            revisions: 5_000,
            revision_pages: 50,
            ..Survey::default()
        };
        let plan = ScopePlan::of(&survey, &config.fetching);
        let calls: Vec<u64> = plan.groups.values().map(|group| group.calls).collect();
        assert_eq!(calls, [1 + 1, 50 + 50 * 4, 50 * 4 + 50 * 4, 50 + 5_000, 50]);
        assert_eq!(plan.slowest, Some(ActionGroup::TaskDefinitionRead));
        let slowest = plan.groups[&ActionGroup::TaskDefinitionRead];
        assert_eq!(slowest.floor_ms, Some(250_000));

        let known = Survey {
            known_revisions: 4_950,
            ..survey
        };
        let plan = ScopePlan::of(&known, &config.fetching);
        let slowest = plan.groups[&ActionGroup::TaskDefinitionRead];
        assert_eq!((slowest.calls, slowest.floor_ms), (50 + 50, Some(2_500)));
    }

    #[test]
    fn empty_clusters_are_listed_and_not_described() {
        let settings = Settings {
            objects: Some(vec!["EcsTask".into()]),
            ..Settings::default()
        };
        let config = Config::resolve(settings, None).expect("valid");
        let survey = Survey {
            clusters: vec![BTreeMap::new(); 3],
            ..Survey::default()
        };
        let plan = ScopePlan::of(&survey, &config.fetching);
        assert_eq!(plan.operations[&Operation::ListTasks], 3);
        assert_eq!(plan.operations[&Operation::DescribeTasks], 0);
        assert_eq!(plan.operations.len(), 3);
        assert_eq!(plan.slowest, None);
    }
}
