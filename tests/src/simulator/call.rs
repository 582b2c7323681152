//! One call about the objects of a place: its account and Region, the objects at that moment, and the vanished ones.

use std::time::Duration;

use serde::de::DeserializeOwned;

use super::caller::Caller;
use super::error::ApiError;
use super::place::{Place, Revision, TaskNumber};
use super::rules::{Fault, Rules, Vanishing};
use super::token::Tokens;

/// The changes of the world since the start: the first objects of a kind go, and new ones are added at the
/// end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drift {
    /// Running tasks with an index below this have stopped.
    pub(super) stopped: u64,
    /// Number of running tasks that have been added.
    pub(super) started: u64,
    /// Tasks that had stopped from the start, with an index below this, are no longer listed.
    pub(super) forgotten: u64,
    /// Services with an index below this are deleted.
    pub(super) deleted_services: u64,
    /// Number of services that have been added.
    pub(super) created_services: u64,
    /// The oldest ACTIVE revision of each family with an index below this is INACTIVE.
    pub(super) deregistered: u64,
    /// Number of families that have been added.
    pub(super) registered_families: u64,
}

impl Drift {
    /// The drift after `changes` changes of tasks, stops and starts in turn, and after `deployments`: in turn a
    /// service is created, one deleted, a family registered, a revision deregistered, a stopped task forgotten.
    pub(super) fn after(changes: u64, deployments: u64) -> Self {
        let nth = |number: u64| (deployments + 5 - number) / 5;
        Self {
            stopped: changes.div_ceil(2),
            started: changes / 2,
            created_services: nth(1),
            deleted_services: nth(2),
            registered_families: nth(3),
            deregistered: nth(4),
            forgotten: nth(5),
        }
    }

    /// `ACTIVE`, `INACTIVE` or `DELETE_IN_PROGRESS`.
    pub(super) fn revision_status(&self, place: &Place, revision: Revision) -> &'static str {
        let shape = &place.shape;
        let oldest_active = shape.deleting_revisions + shape.inactive_revisions + 1;
        let is_deregistered =
            revision.family < self.deregistered && revision.revision == oldest_active;
        match place.revision_status(revision.revision) {
            "ACTIVE" if is_deregistered => "INACTIVE",
            status => status,
        }
    }
}

/// The answer of an operation.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: String,
    /// Number of objects or ARNs in the body.
    pub(super) items: u64,
}

/// The input of an operation.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) place: &'a Place,
    pub(super) rules: &'a Rules,
    pub(super) tokens: &'a Tokens,
    pub(super) caller: &'a Caller,
    pub(super) canary: &'a str,
    pub(super) drift: Drift,
    /// Time since the simulator started.
    pub(super) now: Duration,
    /// The time of AWS's clock, in seconds since 1970.
    pub(super) time: u64,
    pub(super) fault: Option<&'a Fault>,
    pub(super) body: &'a [u8],
}

impl Call<'_> {
    /// Reads the parameters. Like ECS, it ignores unknown ones.
    pub(super) fn parameters<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_slice(self.body)
            .map_err(|error| ApiError::new("SerializationException", error.to_string()))
    }

    pub(super) fn vanished(&self, object: &Vanishing) -> bool {
        let Place {
            account, region, ..
        } = self.place;
        self.rules
            .vanished_in(account, region)
            .any(|it| it == object)
    }

    pub(super) fn cluster_is_gone(&self, cluster: u64) -> bool {
        let shape = &self.place.shape;
        cluster >= shape.clusters.saturating_sub(shape.vanishing_clusters)
            || self.vanished(&Vanishing::Cluster(cluster))
    }

    /// The cluster that a request names by name or ARN; `default` if it names no cluster.
    pub(super) fn cluster(&self, named: Option<&str>) -> Result<u64, ApiError> {
        let name = self.place.resource("cluster", named.unwrap_or("default"));
        name.and_then(|name| self.place.cluster(name))
            .filter(|&cluster| !self.cluster_is_gone(cluster))
            .ok_or_else(|| ApiError::new("ClusterNotFoundException", "Cluster not found."))
    }

    /// The service that a request names by name or ARN, if it is in `cluster`.
    pub(super) fn service(&self, cluster: u64, named: &str) -> Option<u64> {
        let rest = self.place.resource("service", named)?;
        let name = match rest.rsplit_once('/') {
            Some((within, name)) if self.place.cluster(within) == Some(cluster) => name,
            Some(_) => return None,
            None => rest,
        };
        let service = self.place.service(name)?;
        (self.place.cluster_of(service) == cluster && !self.is_deleted(service)).then_some(service)
    }

    /// The task that a request names by id or ARN, if it is in `cluster` and exists by now.
    pub(super) fn task(&self, cluster: u64, named: &str) -> Option<TaskNumber> {
        let rest = self.place.resource("task", named)?;
        let id = match rest.rsplit_once('/') {
            Some((within, id)) if self.place.cluster(within) == Some(cluster) => id,
            Some(_) => return None,
            None => rest,
        };
        let task = self.place.task(id)?;
        let existing = match task.stopped {
            true => self.place.shape.stopped_tasks,
            false => self.place.shape.running_tasks + self.drift.started,
        };
        let exists = task.index < existing && !self.is_forgotten(task);
        (exists && self.place.cluster_of(task.index) == cluster).then_some(task)
    }

    pub(super) fn is_deleted(&self, service: u64) -> bool {
        service < self.drift.deleted_services
    }

    pub(super) fn is_forgotten(&self, task: TaskNumber) -> bool {
        task.stopped && task.index < self.drift.forgotten
    }

    pub(super) fn revision_status(&self, revision: Revision) -> &'static str {
        self.drift.revision_status(self.place, revision)
    }

    pub(super) fn has_stopped(&self, task: TaskNumber) -> bool {
        task.stopped || task.index < self.drift.stopped
    }
}

/// Refuses a value that the API's enumeration does not have.
pub(super) fn check_enum(name: &str, value: Option<&str>, known: &[&str]) -> Result<(), ApiError> {
    match value {
        Some(value) if !known.contains(&value) => Err(ApiError::invalid(format!(
            "Invalid {name}: {value}. It must be one of {}.",
            known.join(", ")
        ))),
        _ => Ok(()),
    }
}

/// Whether `include` asks for `section`; call [`check_enum`] on its values first.
pub(super) fn includes(include: &[String], section: &str) -> bool {
    include.iter().any(|it| it == section)
}
