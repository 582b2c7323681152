//! What to fetch and how: settings, checked, with defaults filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use portolan_aws::quota::Quotas;
use portolan_page::object::Object;

/// Which objects are fetched, how many at a time, and what is kept of them.
#[derive(Clone, Debug)]
pub struct Fetching {
    /// Most objects per request, 1 to 100.
    pub page_size: u16,
    /// Requests in flight per account and Region.
    pub parallel_requests: usize,
    /// Accounts and Regions that are fetched at once.
    pub parallel_scopes: usize,
    /// The share of AWS's token buckets that a sync may use, above 0.0 to 1.0; none for a server without
    /// quotas.
    pub quota_share: Option<f64>,
    /// How often a failed request is repeated. Throttled requests do not count.
    pub maximum_retries: u32,
    /// What to sync.
    pub objects: Vec<Object>,
    /// Operation options.
    pub options: Options,
    /// Whether pages keep the values of environment variables aside, for a module that may see them.
    pub keeps_values: bool,
    /// Where bodies of revisions are kept across syncs; none if they are not.
    pub revision_cache: Option<PathBuf>,
    /// When revisions are described again for their tags, which can change.
    pub revision_tags: RevisionTags,
}

impl Default for Fetching {
    /// What a sync does that nobody has set anything for; it keeps no revisions.
    fn default() -> Self {
        Self {
            page_size: 100,
            parallel_requests: 8,
            parallel_scopes: 16,
            // Others use the account too: consoles, deployments, autoscaling.
            quota_share: Some(0.9),
            maximum_retries: 10,
            objects: Object::defaults(),
            options: Options::default(),
            keeps_values: false,
            revision_cache: None,
            revision_tags: RevisionTags::default(),
        }
    }
}

impl Fetching {
    /// The objects whose calls bring the wanted ones.
    #[must_use]
    pub fn fetched(&self) -> BTreeSet<Object> {
        self.objects.iter().map(|object| object.fetched()).collect()
    }

    /// The quotas that all calls of a process keep to, with all buckets full.
    #[must_use]
    pub fn quotas(&self) -> Quotas {
        Quotas::new(self.quota_share, self.parallel_requests)
    }
}

/// When known revisions are described again for their tags, the one thing of them that changes beside the
/// status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RevisionTags {
    /// In every sync in which a module reads them. The stock mappings do not.
    #[default]
    Auto,
    /// In every sync, which costs a call for each revision.
    Always,
    /// Never: tags are those of the last sync that described the revision.
    Never,
    /// Where a module reads them, once they were read longer ago than this.
    OlderThan(Duration),
}

/// What the operation options ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether tasks with the desired status STOPPED are synced too.
    pub fetch_stopped_tasks: bool,
    /// Which revisions of task definitions are synced.
    pub task_definition_status: TaskDefinitionStatus,
    /// How many of these revisions are synced.
    pub task_definition_scope: TaskDefinitionScope,
}

/// Which revisions of task definitions are synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskDefinitionStatus {
    /// Those that can be run.
    #[default]
    Active,
    /// Those that were deregistered.
    Inactive,
    /// Those that are being deleted, which tasks may still run.
    DeleteInProgress,
    /// All of these.
    All,
}

/// How many revisions of task definitions are synced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskDefinitionScope {
    /// All that have the status.
    #[default]
    All,
    /// The newest ACTIVE one of each family.
    Latest,
    /// Those that services, task sets and tasks of this sync refer to, whatever their status.
    InUse,
}

impl Options {
    /// The key of `fetch_stopped_tasks`.
    pub const FETCH_STOPPED_TASKS: &str = "EcsTask.fetchStoppedTasks";
    /// The key of `task_definition_status`.
    pub const STATUS: &str = "EcsTaskDefinition.status";
    /// The key of `task_definition_scope`.
    pub const SCOPE: &str = "EcsTaskDefinition.scope";

    /// Every option with its value, as it would be written: what a sync asked for.
    #[must_use]
    pub fn settled(&self) -> BTreeMap<String, String> {
        // Without `..`: an option that is not named here would be missing from reports and checkpoints.
        let Self {
            fetch_stopped_tasks,
            task_definition_status,
            task_definition_scope,
        } = self;
        let status = match task_definition_status {
            TaskDefinitionStatus::Active => "ACTIVE",
            TaskDefinitionStatus::Inactive => "INACTIVE",
            TaskDefinitionStatus::DeleteInProgress => "DELETE_IN_PROGRESS",
            TaskDefinitionStatus::All => "ALL",
        };
        let scope = match task_definition_scope {
            TaskDefinitionScope::All => "all",
            TaskDefinitionScope::Latest => "latest",
            TaskDefinitionScope::InUse => "in-use",
        };
        let settled = [
            (Self::FETCH_STOPPED_TASKS, fetch_stopped_tasks.to_string()),
            (Self::STATUS, status.to_owned()),
            (Self::SCOPE, scope.to_owned()),
        ];
        settled.map(|(key, value)| (key.to_owned(), value)).into()
    }
}
