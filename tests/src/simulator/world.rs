//! The objects in the simulated accounts, described by counts.

use std::collections::BTreeMap;

use super::place::{Place, mix};

/// The access key id of the long-lived credentials of every preset. Any secret fits it.
pub const BASE_ACCESS_KEY: &str = "AKIADEMO00000000BASE";
/// The account of [`BASE_ACCESS_KEY`] in the `demo` world.
pub const BASE_ACCOUNT: &str = "999999999999";
/// The only account of the worlds with one account.
pub const SINGLE_ACCOUNT: &str = "123456789012";

/// The number of objects of each kind in one account and Region.
///
/// Objects are spread evenly: service `i` is in cluster `i % clusters`, as is task `i`.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Listed clusters, including the vanishing ones.
    pub clusters: u64,
    /// Number of clusters, at the end of the list, that are missing when they are described.
    pub vanishing_clusters: u64,
    /// Services of all clusters together.
    pub services: u64,
    /// Running tasks of all clusters together.
    pub running_tasks: u64,
    /// Stopped tasks that ECS still lists, of all clusters together.
    pub stopped_tasks: u64,
    /// Task definition families.
    pub families: u64,
    /// ACTIVE revisions of each family; they are the newest.
    pub active_revisions: u64,
    /// INACTIVE revisions of each family.
    pub inactive_revisions: u64,
    /// Revisions of each family in DELETE_IN_PROGRESS; they are the oldest.
    pub deleting_revisions: u64,
}

/// A role that can be assumed.
#[derive(Clone, Debug)]
pub(super) struct Role {
    /// The role's ARN; calls go to its account.
    pub(super) arn: String,
    /// The external id, if the role requires one.
    pub(super) external_id: Option<String>,
}

/// All simulated objects. Each is computed from its index on request.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) seed: u64,
    pub(super) canary: String,
    pub(super) access_keys: BTreeMap<String, String>,
    pub(super) roles: Vec<Role>,
    pub(super) places: BTreeMap<(String, String), Place>,
    /// Accounts of the organization and their states, beside those with objects, which are active.
    pub(super) members: BTreeMap<String, String>,
}

impl World {
    /// A world without accounts. Equal seeds and equal calls make equal worlds.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            canary: format!("CANARY-{:016x}", mix(seed)),
            access_keys: BTreeMap::new(),
            roles: Vec::new(),
            places: BTreeMap::new(),
            members: BTreeMap::new(),
        }
    }

    /// Adds an account and Region that hold `shape`; a second call replaces the first.
    pub fn with_place(mut self, account: &str, region: &str, shape: Shape) -> Self {
        let place = Place::new(self.seed, account, region, shape);
        self.places
            .insert((account.to_owned(), region.to_owned()), place);
        self
    }

    /// Adds an account to the organization, in a state such as `SUSPENDED`.
    pub fn with_member(mut self, account: &str, state: &str) -> Self {
        self.members.insert(account.to_owned(), state.to_owned());
        self
    }

    /// Adds long-lived credentials of `account`; any secret fits them.
    pub fn with_access_key(mut self, access_key_id: &str, account: &str) -> Self {
        self.access_keys
            .insert(access_key_id.to_owned(), account.to_owned());
        self
    }

    /// Adds a role that every known caller may assume.
    pub fn with_role(mut self, arn: &str, external_id: Option<&str>) -> Self {
        self.roles.push(Role {
            arn: arn.to_owned(),
            external_id: external_id.map(str::to_owned),
        });
        self
    }

    /// Sets the text that every environment value contains.
    pub fn with_canary(mut self, canary: &str) -> Self {
        canary.clone_into(&mut self.canary);
        self
    }

    /// The text in every environment value. It must never leave the host.
    pub fn canary(&self) -> &str {
        &self.canary
    }

    /// One account and one Region (us-east-1) that hold `shape`, open to [`BASE_ACCESS_KEY`].
    pub fn single(seed: u64, shape: Shape) -> Self {
        Self::new(seed)
            .with_access_key(BASE_ACCESS_KEY, SINGLE_ACCOUNT)
            .with_place(SINGLE_ACCOUNT, "us-east-1", shape)
    }

    /// A few of everything: 2 clusters, 16 services, 40 running and 6 stopped tasks.
    pub fn small(seed: u64) -> Self {
        let shape = Shape {
            clusters: 2,
            services: 16,
            running_tasks: 40,
            stopped_tasks: 6,
            families: 8,
            active_revisions: 2,
            inactive_revisions: 1,
            ..Shape::default()
        };
        Self::single(seed, shape)
    }

    /// Two accounts behind roles, two Regions each, and a cluster that vanishes in each of them.
    ///
    /// The fourth cluster vanishes, with a quarter of the services and tasks.
    pub fn demo(seed: u64) -> Self {
        let shape = Shape {
            clusters: 4,
            vanishing_clusters: 1,
            services: 16,
            running_tasks: 200,
            stopped_tasks: 16,
            families: 10,
            active_revisions: 4,
            inactive_revisions: 1,
            deleting_revisions: 0,
        };
        let mut world = Self::new(seed).with_access_key(BASE_ACCESS_KEY, BASE_ACCOUNT);
        for region in ["us-east-1", "eu-west-1"] {
            for account in ["111111111111", "222222222222"] {
                world = world.with_place(account, region, shape.clone());
            }
        }
        world
            .with_role("arn:aws:iam::111111111111:role/PortolanRead", None)
            .with_role("arn:aws:iam::222222222222:role/PortolanRead", None)
    }

    /// The world of the published measurements: 50 clusters, 2,000 services, 20,000 tasks and 5,000 active
    /// revisions.
    pub fn reference(seed: u64) -> Self {
        let shape = Shape {
            clusters: 50,
            services: 2_000,
            running_tasks: 20_000,
            stopped_tasks: 1_000,
            families: 500,
            active_revisions: 10,
            inactive_revisions: 2,
            ..Shape::default()
        };
        Self::single(seed, shape)
    }

    /// A million tasks and half a million active revisions.
    pub fn vast(seed: u64) -> Self {
        let shape = Shape {
            clusters: 100,
            services: 10_000,
            running_tasks: 1_000_000,
            stopped_tasks: 10_000,
            families: 1_000,
            active_revisions: 500,
            ..Shape::default()
        };
        Self::single(seed, shape)
    }

    /// The account and Region of a call; a place that was not added is empty.
    pub(super) fn place(&self, account: &str, region: &str) -> Place {
        let key = (account.to_owned(), region.to_owned());
        self.places
            .get(&key)
            .cloned()
            .unwrap_or_else(|| Place::new(self.seed, account, region, Shape::default()))
    }
}
