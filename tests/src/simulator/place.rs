//! One account and Region: names and ids of its objects, computed from the index and back.

use std::fmt::{self, Display};

use super::world::Shape;

const CLUSTER_WORDS: [&str; 6] = ["payments", "search", "web", "batch", "edge", "ml"];
const SERVICE_WORDS: [&str; 8] = [
    "checkout", "orders", "gateway", "mailer", "ledger", "worker", "metrics", "auth",
];
/// Odd, so that multiplication by it modulo 2^64 has an inverse.
const SCRAMBLER: u64 = 0xD6E8_FEB8_6659_FD93;

/// Spreads the bits of `value` evenly; the finaliser of SplitMix64.
pub(super) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A task: its index among the running tasks, or among those that had stopped from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TaskNumber {
    pub(super) index: u64,
    pub(super) stopped: bool,
}

/// A revision of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) family: u64,
    pub(super) revision: u64,
}

/// An account and Region with its objects.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) partition: &'static str,
    pub(super) shape: Shape,
    pub(super) key: u64,
    /// Services that have been created since the start; they do not change the earlier ones.
    pub(super) created_services: u64,
    /// Families that have been registered since the start, with as many revisions as the others.
    pub(super) registered_families: u64,
}

impl Place {
    pub(super) fn new(seed: u64, account: &str, region: &str, shape: Shape) -> Self {
        let key = account
            .bytes()
            .chain(region.bytes())
            .fold(mix(seed), |key, byte| mix(key ^ u64::from(byte)));
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            partition: partition_of(region),
            shape,
            key,
            created_services: 0,
            registered_families: 0,
        }
    }

    /// A number that looks random and is always the same for the same place, topic and index.
    pub(super) fn hash(&self, topic: u64, index: u64) -> u64 {
        mix(self.key ^ mix(topic ^ (index << 8)))
    }

    /// The ARN of an ECS resource, such as `cluster/web-002`.
    pub(super) fn arn(&self, resource: impl Display) -> impl Display {
        let Self {
            partition,
            region,
            account,
            ..
        } = self;
        fmt::from_fn(move |f| write!(f, "arn:{partition}:ecs:{region}:{account}:{resource}"))
    }

    /// The part of `text` after this place's ARN prefix for `kind`, or all of it if it is not an ARN.
    ///
    /// `None` for the ARN of another Region, account or kind of resource.
    pub(super) fn resource<'t>(&self, kind: &str, text: &'t str) -> Option<&'t str> {
        if !text.starts_with("arn:") {
            return Some(text);
        }
        text.strip_prefix(&*self.arn(kind).to_string())?
            .strip_prefix('/')
    }

    pub(super) fn cluster_name(&self, cluster: u64) -> String {
        if cluster == 0 {
            return "default".to_owned();
        }
        let word = CLUSTER_WORDS[(cluster % 6) as usize];
        format!("{word}-{cluster:03}")
    }

    /// The index of the cluster called `name`, vanished or not.
    pub(super) fn cluster(&self, name: &str) -> Option<u64> {
        let cluster = if name == "default" { 0 } else { number(name)? };
        (cluster < self.shape.clusters && self.cluster_name(cluster) == name).then_some(cluster)
    }

    pub(super) fn service_name(&self, service: u64) -> String {
        let word = SERVICE_WORDS[(service % 8) as usize];
        format!("{word}-{service:05}")
    }

    pub(super) fn service(&self, name: &str) -> Option<u64> {
        let service = number(name)?;
        (service < self.services() && self.service_name(service) == name).then_some(service)
    }

    /// Number of services that exist or have existed.
    pub(super) fn services(&self) -> u64 {
        self.shape.services + self.created_services
    }

    /// Number of families.
    pub(super) fn families(&self) -> u64 {
        self.shape.families + self.registered_families
    }

    /// Name of a family. Names sort by index, so that ECS's lexicographic order is the order of indexes.
    pub(super) fn family_name(&self, family: u64) -> String {
        let word = SERVICE_WORDS[(family % 8) as usize];
        format!("app{family:06}-{word}")
    }

    pub(super) fn family(&self, name: &str) -> Option<u64> {
        let family = name.strip_prefix("app")?.get(..6)?.parse().ok()?;
        (family < self.families() && self.family_name(family) == name).then_some(family)
    }

    pub(super) fn revisions_per_family(&self) -> u64 {
        let Shape {
            active_revisions,
            inactive_revisions,
            deleting_revisions,
            ..
        } = self.shape;
        active_revisions + inactive_revisions + deleting_revisions
    }

    /// `ACTIVE`, `INACTIVE` or `DELETE_IN_PROGRESS`; revisions count from 1, the oldest.
    pub(super) fn revision_status(&self, revision: u64) -> &'static str {
        let deleting = self.shape.deleting_revisions;
        match revision {
            revision if revision <= deleting => "DELETE_IN_PROGRESS",
            revision if revision <= deleting + self.shape.inactive_revisions => "INACTIVE",
            _ => "ACTIVE",
        }
    }

    /// The revision for `text`: a family (its newest active one), `family:revision` or an ARN.
    pub(super) fn revision(&self, text: &str) -> Option<Revision> {
        let text = self.resource("task-definition", text)?;
        let (name, revision) = match text.split_once(':') {
            Some((name, revision)) => (name, revision.parse().ok()?),
            None if self.shape.active_revisions == 0 => return None,
            None => (text, self.revisions_per_family()),
        };
        let family = self.family(name)?;
        (1..=self.revisions_per_family())
            .contains(&revision)
            .then_some(Revision { family, revision })
    }

    /// The revision at an index among all revisions of the account and Region.
    pub(super) fn revision_at(&self, index: u64) -> Revision {
        let per_family = self.revisions_per_family().max(1);
        Revision {
            family: index / per_family,
            revision: index % per_family + 1,
        }
    }

    pub(super) fn revision_arn(&self, revision: Revision) -> impl Display {
        let Revision { family, revision } = revision;
        let name = self.family_name(family);
        self.arn(fmt::from_fn(move |f| {
            write!(f, "task-definition/{name}:{revision}")
        }))
    }

    /// 32 hexadecimal digits. [`Place::task`] computes the number from them.
    pub(super) fn task_id(&self, task: TaskNumber) -> String {
        let number = (task.index << 1) | u64::from(task.stopped);
        let low = (number ^ self.key).wrapping_mul(SCRAMBLER);
        format!("{:016x}{low:016x}", mix(low ^ self.key))
    }

    pub(super) fn task(&self, id: &str) -> Option<TaskNumber> {
        if id.len() != 32 {
            return None;
        }
        let low = u64::from_str_radix(id.get(16..)?, 16).ok()?;
        let number = low.wrapping_mul(inverse(SCRAMBLER)) ^ self.key;
        let task = TaskNumber {
            index: number >> 1,
            stopped: number & 1 == 1,
        };
        (self.task_id(task) == id).then_some(task)
    }
}

/// The partition of a Region.
pub(super) fn partition_of(region: &str) -> &'static str {
    match region {
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("cn-") => "aws-cn",
        _ => "aws",
    }
}

/// The number after the last hyphen of a generated name.
fn number(name: &str) -> Option<u64> {
    name.rsplit_once('-')?.1.parse().ok()
}

/// The inverse of an odd number modulo 2^64: every Newton step doubles the correct low bits.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::world::{SINGLE_ACCOUNT, World};

    #[test]
    fn names_and_ids_lead_back_to_their_index() {
        let world = World::reference(7);
        let place = world.place(SINGLE_ACCOUNT, "us-east-1");
        for index in [0, 1, 7, 49] {
            assert_eq!(place.cluster(&place.cluster_name(index)), Some(index));
            assert_eq!(place.service(&place.service_name(index)), Some(index));
            assert_eq!(place.family(&place.family_name(index)), Some(index));
            for stopped in [true, false] {
                let task = TaskNumber { index, stopped };
                assert_eq!(place.task(&place.task_id(task)), Some(task));
            }
        }
        assert_eq!(place.cluster("web-999"), None);
        assert_eq!(place.task(&"0".repeat(32)), None);
    }

    #[test]
    fn every_object_is_a_member_of_exactly_one_cluster() {
        let world = World::demo(7);
        let place = world.place("111111111111", "eu-west-1");
        let members = |total| (0..4).map(|c| place.members(c, total)).sum::<u64>();
        for total in [0, 1, 3, 4, 5, 200] {
            assert_eq!(members(total), total);
        }
    }
}
