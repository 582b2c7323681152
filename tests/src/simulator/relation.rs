//! Relations between clusters, services, tasks and revisions.

use super::capacity_provider::Provider;
use super::kind::Kind;
use super::place::{Place, Revision, TaskNumber};

impl Place {
    /// Number of objects in `cluster` if `total` objects are spread over the clusters.
    pub(super) fn members(&self, cluster: u64, total: u64) -> u64 {
        match self.shape.clusters {
            clusters if clusters == 0 || cluster >= total => 0,
            clusters => (total - cluster - 1) / clusters + 1,
        }
    }

    pub(super) fn cluster_of(&self, index: u64) -> u64 {
        index % self.shape.clusters.max(1)
    }

    pub(super) fn service_kind(&self, service: u64) -> Kind {
        self.kind_in(self.cluster_of(service), self.turn_of(service))
    }

    /// The place of a service in the cycle of kinds.
    fn turn_of(&self, service: u64) -> u64 {
        self.cluster_of(service) + service / self.shape.clusters.max(1)
    }

    /// The last kind of a cycle runs on managed instances where the cluster has them.
    fn kind_in(&self, cluster: u64, turn: u64) -> Kind {
        match turn % 8 {
            7 if Provider::for_managed(cluster).is_some() => Kind::ManagedInstances,
            _ => Kind::of(turn),
        }
    }

    /// The capacity provider through which tasks of a kind run in a cluster, if one does.
    pub(super) fn provider(&self, cluster: u64, kind: Kind) -> Option<Provider> {
        match kind {
            Kind::FargateSpot => Some(Provider::FargateSpot),
            Kind::ManagedInstances => Provider::for_managed(cluster),
            Kind::Ec2Awsvpc => Provider::for_ec2(cluster),
            _ => None,
        }
    }

    pub(super) fn family_kind(&self, family: u64) -> Kind {
        Kind::of(family)
    }

    /// The service that a task belongs to; about one task in eight stands alone.
    pub(super) fn service_of(&self, task: TaskNumber) -> Option<u64> {
        let cluster = self.cluster_of(task.index);
        let services = self.members(cluster, self.shape.services);
        let alone = self.hash(1, task.index).is_multiple_of(8);
        if services == 0 || alone {
            return None;
        }
        let position = (task.index / self.shape.clusters.max(1)) % services;
        Some(cluster + position * self.shape.clusters)
    }

    pub(super) fn task_kind(&self, task: TaskNumber) -> Kind {
        match self.service_of(task) {
            Some(service) => self.service_kind(service),
            None => self.kind_in(self.cluster_of(task.index), task.index),
        }
    }

    /// The present deployment of a service.
    pub(super) fn deployment_id(&self, service: u64) -> String {
        format!("ecs-svc/{:019}", self.hash(3, service) >> 1)
    }

    /// The deployment or the person that started a task.
    pub(super) fn started_by(&self, task: TaskNumber) -> String {
        match self.service_of(task) {
            Some(service) => self.deployment_id(service),
            None => "nightly-batch".to_owned(),
        }
    }

    /// The newest revision of a family of the service's own kind, if there is one. The last family of a cycle is
    /// for the last kind, so that its processors, which may be ARM64, are in use.
    pub(super) fn revision_of_service(&self, service: u64) -> Revision {
        let families = self.shape.families.max(1);
        let family = service % families;
        let first = family / 8 * 8;
        let of_kind = match self.turn_of(service) % 8 {
            7 => Some(first + 7),
            _ => (first..)
                .find(|&it| it >= families || self.family_kind(it) == self.service_kind(service)),
        };
        Revision {
            family: of_kind.filter(|&it| it < families).unwrap_or(family),
            revision: self.revisions_per_family().max(1),
        }
    }

    pub(super) fn revision_of_task(&self, task: TaskNumber) -> Revision {
        let own = Revision {
            family: self.hash(2, task.index) % self.shape.families.max(1),
            revision: self.revisions_per_family().max(1),
        };
        self.service_of(task)
            .map_or(own, |service| self.revision_of_service(service))
    }
}
