//! The objects that a perfect client would find.

use serde::Serialize;

use super::call::Drift;
use super::capacity_provider::{self, count_of_cluster};
use super::place::{Place, Revision};
use super::rules::{Rules, Vanishing};
use super::{setting, tagging};

/// The objects of one account and Region that can be listed and described.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// A 12-digit account id.
    pub account: String,
    /// A Region such as `us-east-1`.
    pub region: String,
    /// Clusters without those that vanish.
    pub clusters: u64,
    /// Services of these clusters without those that vanish.
    pub services: u64,
    /// Running tasks of these clusters without those that vanish.
    pub running_tasks: u64,
    /// Stopped tasks of these clusters.
    pub stopped_tasks: u64,
    /// ACTIVE revisions without those that vanish.
    pub active_revisions: u64,
    /// INACTIVE revisions without those that vanish.
    pub inactive_revisions: u64,
    /// ACTIVE revisions whose tags GetResources answers.
    pub tagged_revisions: u64,
    /// Capacity providers of the Region, and those that these clusters have for managed instances.
    pub capacity_providers: u64,
    /// Account settings.
    pub settings: u64,
    /// Those that a caller has set for itself.
    pub own_settings: u64,
}

impl Truth {
    pub(super) fn of(place: &Place, rules: &Rules, drift: Drift) -> Self {
        let shape = &place.shape;
        let gone = |cluster: &u64| {
            *cluster >= shape.clusters.saturating_sub(shape.vanishing_clusters)
                || rules
                    .vanished_in(&place.account, &place.region)
                    .any(|it| *it == Vanishing::Cluster(*cluster))
        };
        let live: Vec<u64> = (0..shape.clusters)
            .filter(|cluster| !gone(cluster))
            .collect();
        let of_live = |total| live.iter().map(|&it| place.members(it, total)).sum::<u64>();
        let stopped = of_live(drift.stopped.min(shape.running_tasks + drift.started));
        let forgotten = of_live(drift.forgotten.min(shape.stopped_tasks));
        let services = shape.services + drift.created_services;
        let families = shape.families + drift.registered_families;
        let deregistered = match shape.active_revisions {
            0 => 0,
            _ => drift.deregistered.min(families),
        };
        let mut truth = Self {
            account: place.account.clone(),
            region: place.region.clone(),
            clusters: live.len() as u64,
            services: of_live(services) - of_live(drift.deleted_services.min(services)),
            running_tasks: of_live(shape.running_tasks + drift.started) - stopped,
            stopped_tasks: of_live(shape.stopped_tasks) + stopped - forgotten,
            active_revisions: families * shape.active_revisions - deregistered,
            inactive_revisions: families * shape.inactive_revisions + deregistered,
            tagged_revisions: tagging::count(place, drift, rules.tag_lag),
            capacity_providers: capacity_provider::count_of_region(place)
                + live.iter().copied().map(count_of_cluster).sum::<u64>(),
            settings: setting::COUNT,
            own_settings: setting::own_count(place),
        };
        let mut vanished: Vec<_> = rules.vanished_in(&place.account, &place.region).collect();
        vanished.sort_unstable();
        vanished.dedup();
        for object in vanished {
            truth.subtract(place, drift, object, &live);
        }
        truth
    }

    fn subtract(&mut self, place: &Place, drift: Drift, object: &Vanishing, live: &[u64]) {
        let in_live = |index: u64| live.contains(&place.cluster_of(index));
        match *object {
            Vanishing::Cluster(_) => {}
            Vanishing::Service(service) if service < place.shape.services && in_live(service) => {
                self.services -= 1;
            }
            Vanishing::Task(index) | Vanishing::TaskWithoutTrace(index)
                if index < place.shape.running_tasks + drift.started && in_live(index) =>
            {
                match index < drift.stopped {
                    true => self.stopped_tasks -= 1,
                    false => self.running_tasks -= 1,
                }
            }
            Vanishing::TaskDefinition { family, revision } if family < place.shape.families => {
                match drift.revision_status(place, Revision { family, revision }) {
                    "ACTIVE" => self.active_revisions -= 1,
                    "INACTIVE" => self.inactive_revisions -= 1,
                    _ => {}
                }
            }
            Vanishing::Service(_)
            | Vanishing::Task(_)
            | Vanishing::TaskWithoutTrace(_)
            | Vanishing::TaskDefinition { .. } => {}
        }
    }
}
