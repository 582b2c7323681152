//! The checked settings of fetching, with defaults filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use portolan_aws::quota::Quotas;
use portolan_page::object::{Object, Operation};

/// The objects to fetch, the limits of requests, and the data to keep.
#[derive(Clone, Debug)]
pub struct Fetching {
    /// The most objects per request, 1 to 100.
    pub page_size: u16,
    /// The most requests in flight per account and Region.
    pub parallel_requests: usize,
    /// The most accounts and Regions that are fetched at once.
    pub parallel_scopes: usize,
    /// The share of AWS's token buckets that a sync may use, above 0.0 and at most 1.0; `None` for a server
    /// without quotas.
    pub quota_share: Option<f64>,
    /// The number of retries of a failed request. Throttled requests do not count.
    pub maximum_retries: u32,
    /// The objects to sync.
    pub objects: Vec<Object>,
    /// The operation options.
    pub options: Options,
    /// Whether pages also keep the values of environment variables, for modules with a grant.
    pub keeps_values: bool,
    /// The file that keeps bodies of revisions across syncs; `None` if they are not kept.
    pub revision_cache: Option<PathBuf>,
    /// The condition to describe revisions again for their tags, which can change.
    pub revision_tags: RevisionTags,
    /// Whether environment values of container definitions are scanned for secrets before they are withheld.
    pub detect_secrets: bool,
}

impl Default for Fetching {
    /// The defaults of a sync, without a revision cache.
    fn default() -> Self {
        Self {
            page_size: 100,
            parallel_requests: 8,
            parallel_scopes: 16,
            // Consoles, deployments and autoscaling use the account's quota too.
            quota_share: Some(0.9),
            maximum_retries: 10,
            objects: Object::defaults(),
            options: Options::default(),
            keeps_values: false,
            revision_cache: None,
            revision_tags: RevisionTags::default(),
            detect_secrets: false,
        }
    }
}

impl Fetching {
    /// The objects whose calls fetch the wanted ones.
    #[must_use]
    pub fn fetched(&self) -> BTreeSet<Object> {
        let mut fetched: BTreeSet<Object> =
            self.objects.iter().map(|object| object.fetched()).collect();
        if fetched.contains(&Object::EcsCapacityProvider) {
            // Clusters name the providers of managed instances.
            fetched.insert(Object::EcsCluster);
        }
        fetched
    }

    /// The operations that improve a sync, and without which it is complete too.
    #[must_use]
    pub fn optional_operations(&self) -> Vec<Operation> {
        let reads_tags = self.objects.contains(&Object::EcsTaskDefinition)
            && self.revision_tags == RevisionTags::Auto
            && self.options.lists_active();
        Vec::from_iter(reads_tags.then_some(Operation::GetResources))
    }

    /// The quotas for all calls of a process, with full buckets.
    #[must_use]
    pub fn quotas(&self) -> Quotas {
        Quotas::new(self.quota_share, self.parallel_requests)
    }
}

/// The condition to describe known revisions again for their tags. Only the tags and the status of a revision
/// can change.
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

/// The operation options of a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether tasks with the desired status STOPPED are synced too.
    pub fetch_stopped_tasks: bool,
    /// The status of the task definition revisions to sync.
    pub task_definition_status: TaskDefinitionStatus,
    /// The selection among these revisions.
    pub task_definition_scope: TaskDefinitionScope,
    /// The age of the oldest audit events to sync.
    pub audit_event_since: Duration,
    /// The age of the oldest audit events about account settings; that of the others if it is `None`. They are few,
    /// and what runs today may depend on a change of weeks ago.
    pub audit_event_settings_since: Option<Duration>,
    /// The names of the audit events to sync; the default names if it is empty.
    pub audit_event_names: BTreeSet<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fetch_stopped_tasks: false,
            task_definition_status: TaskDefinitionStatus::default(),
            task_definition_scope: TaskDefinitionScope::default(),
            audit_event_since: Duration::from_secs(24 * 3_600),
            audit_event_settings_since: None,
            audit_event_names: BTreeSet::new(),
        }
    }
}

/// The names of the audit events that a sync looks up unasked: settings, what runs, shells, clusters and capacity.
/// CloudTrail has each event for 90 days.
const AUDIT_EVENT_NAMES: [&str; 28] = [
    "CreateCapacityProvider",
    "CreateCluster",
    "CreateService",
    "CreateTaskSet",
    "DeleteAccountSetting",
    "DeleteCapacityProvider",
    "DeleteCluster",
    "DeleteService",
    "DeleteTaskDefinitions",
    "DeleteTaskSet",
    "DeregisterContainerInstance",
    "DeregisterTaskDefinition",
    "ExecuteCommand",
    "PutAccountSetting",
    "PutAccountSettingDefault",
    "PutClusterCapacityProviders",
    "RegisterContainerInstance",
    "RegisterTaskDefinition",
    "RunTask",
    "StartTask",
    "StopTask",
    "UpdateCapacityProvider",
    "UpdateCluster",
    "UpdateClusterSettings",
    "UpdateContainerInstancesState",
    "UpdateService",
    "UpdateServicePrimaryTaskSet",
    "UpdateTaskSet",
];

/// The events that change account settings.
const SETTING_EVENTS: [&str; 3] = [
    "DeleteAccountSetting",
    "PutAccountSetting",
    "PutAccountSettingDefault",
];

/// The longest time that CloudTrail's event history keeps an event.
pub const AUDIT_EVENT_SINCE_LIMIT: Duration = Duration::from_secs(90 * 24 * 3_600);

/// The status of the task definition revisions to sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskDefinitionStatus {
    /// Revisions that can be run.
    #[default]
    Active,
    /// Deregistered revisions.
    Inactive,
    /// Revisions that are being deleted. Tasks may still run them.
    DeleteInProgress,
    /// Revisions of any status.
    All,
}

/// The selection among the task definition revisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskDefinitionScope {
    /// All revisions with the status.
    #[default]
    All,
    /// The newest ACTIVE revision of each family.
    Latest,
    /// Revisions that services, task sets and tasks of this sync refer to, whatever their status.
    InUse,
    /// The newest ACTIVE revision of each family, and the revisions in use.
    Current,
}

/// An age as options write it, in the largest unit that fits.
fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    let units = [(24 * 3_600, "d"), (3_600, "h"), (60, "m")];
    let unit = units
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    match unit {
        // A day is easier to compare with other hours.
        Some((unit, "d")) if seconds / unit == 1 => "24h".into(),
        Some((unit, name)) => format!("{}{name}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

impl Options {
    /// Whether ACTIVE revisions are listed.
    pub(super) fn lists_active(&self) -> bool {
        matches!(
            self.task_definition_status,
            TaskDefinitionStatus::Active | TaskDefinitionStatus::All
        )
    }

    /// Whether the revisions that services and tasks refer to are chosen.
    #[must_use]
    pub fn needs_revisions_in_use(&self) -> bool {
        matches!(
            self.task_definition_scope,
            TaskDefinitionScope::InUse | TaskDefinitionScope::Current
        )
    }

    /// The names of the audit events to look up.
    #[must_use]
    pub fn event_names(&self) -> Vec<String> {
        match self.audit_event_names.is_empty() {
            true => AUDIT_EVENT_NAMES.map(str::to_owned).into(),
            false => self.audit_event_names.iter().cloned().collect(),
        }
    }

    /// The age of the oldest events of a name to sync.
    #[must_use]
    pub fn events_since(&self, name: &str) -> Duration {
        let settings = self.audit_event_settings_since;
        let settings = settings.filter(|_| SETTING_EVENTS.contains(&name));
        settings.unwrap_or(self.audit_event_since)
    }

    /// The key of `fetch_stopped_tasks`.
    pub const FETCH_STOPPED_TASKS: &str = "EcsTask.fetchStoppedTasks";
    /// The key of `task_definition_status`.
    pub const STATUS: &str = "EcsTaskDefinition.status";
    /// The key of `task_definition_scope`.
    pub const SCOPE: &str = "EcsTaskDefinition.scope";

    /// The key of `audit_event_since`.
    pub const AUDIT_EVENT_SINCE: &str = "EcsAuditEvent.since";
    /// The key of `audit_event_settings_since`.
    pub const AUDIT_EVENT_SETTINGS_SINCE: &str = "EcsAuditEvent.settingsSince";
    /// The key of `audit_event_names`.
    pub const AUDIT_EVENT_NAMES: &str = "EcsAuditEvent.names";

    /// Every option with its value, as it would be written in a configuration.
    #[must_use]
    pub fn settled(&self) -> BTreeMap<String, String> {
        // Without `..`, because an option that is not named here would be missing from reports and
        // checkpoints.
        let Self {
            fetch_stopped_tasks,
            task_definition_status,
            task_definition_scope,
            audit_event_since,
            audit_event_settings_since,
            audit_event_names: _,
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
            TaskDefinitionScope::Current => "current",
        };
        let settled = [
            (Self::FETCH_STOPPED_TASKS, fetch_stopped_tasks.to_string()),
            (Self::STATUS, status.to_owned()),
            (Self::SCOPE, scope.to_owned()),
            (Self::AUDIT_EVENT_SINCE, age(*audit_event_since)),
            (
                Self::AUDIT_EVENT_SETTINGS_SINCE,
                age(audit_event_settings_since.unwrap_or(*audit_event_since)),
            ),
            (Self::AUDIT_EVENT_NAMES, self.event_names().join(",")),
        ];
        settled.map(|(key, value)| (key.to_owned(), value)).into()
    }
}
