//! The connector objects: each has a row, in a file of its own, that defines the object for all other
//! modules.
//!
//! `guest-mappers`, schemas and the modules' helpers in other languages repeat parts of the rows; tests compare
//! them.

mod account_setting;
mod api;
mod audit_event;
mod capacity_provider;
mod cluster;
mod container;
mod container_definition;
mod container_instance;
mod deployment;
mod group;
mod operation;
mod row;
mod service;
mod task;
mod task_definition;
mod task_set;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use api::{Api, Protocol};
pub use group::{ActionGroup, Bucket};
pub use operation::{Operation, Paging};
pub use row::{Include, Parent, Row, Shape, Way};

/// Resources of ECS that are not among the objects. Reports and plans name them, so that nobody takes silence for
/// absence.
pub const NOT_READ: [&str; 4] = [
    "daemons",
    "express services",
    "gateways",
    "service revisions",
];

/// A kind of resource that the connector fetches, under its data-model name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Object {
    /// A cluster.
    EcsCluster,
    /// A service of a cluster.
    EcsService,
    /// A task of a cluster.
    EcsTask,
    /// A revision of a task definition.
    EcsTaskDefinition,
    /// A machine that a cluster places tasks on.
    EcsContainerInstance,
    /// A source of capacity of a Region or a cluster.
    EcsCapacityProvider,
    /// A setting of ECS that applies to an account in a Region.
    EcsAccountSetting,
    /// An event of the audit trail.
    EcsAuditEvent,
    /// A container as a revision of a task definition describes it.
    EcsContainerDefinition,
    /// A container of a task.
    EcsContainer,
    /// A deployment of a service.
    EcsDeployment,
    /// A task set of a service.
    EcsTaskSet,
}

impl Object {
    /// Every object, in the order in which documents list them.
    pub const ALL: [Self; 12] = [
        Self::EcsCluster,
        Self::EcsService,
        Self::EcsTask,
        Self::EcsTaskDefinition,
        Self::EcsContainerInstance,
        Self::EcsCapacityProvider,
        Self::EcsAccountSetting,
        Self::EcsAuditEvent,
        Self::EcsContainerDefinition,
        Self::EcsContainer,
        Self::EcsDeployment,
        Self::EcsTaskSet,
    ];

    /// The objects that refer to revisions of task definitions.
    pub const REVISION_USERS: [Self; 2] = [Self::EcsService, Self::EcsTask];

    /// The object's row.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        match self {
            Self::EcsCluster => &cluster::ROW,
            Self::EcsService => &service::ROW,
            Self::EcsTask => &task::ROW,
            Self::EcsTaskDefinition => &task_definition::ROW,
            Self::EcsContainerDefinition => &container_definition::ROW,
            Self::EcsContainer => &container::ROW,
            Self::EcsDeployment => &deployment::ROW,
            Self::EcsTaskSet => &task_set::ROW,
            Self::EcsContainerInstance => &container_instance::ROW,
            Self::EcsCapacityProvider => &capacity_provider::ROW,
            Self::EcsAccountSetting => &account_setting::ROW,
            Self::EcsAuditEvent => &audit_event::ROW,
        }
    }

    /// The objects of a sync whose configuration does not name any.
    #[must_use]
    pub fn defaults() -> Vec<Self> {
        let all = Self::ALL.into_iter();
        all.filter(|object| object.row().is_default).collect()
    }

    /// The names that stand for several objects.
    pub const GROUPS: [&str; 4] = ["default", "inventory", "audit", "all"];

    /// The objects of a group.
    #[must_use]
    pub fn group(name: &str) -> Option<Vec<Self>> {
        let all = Self::ALL.into_iter();
        match name {
            "default" => Some(Self::defaults()),
            "inventory" => Some(
                all.filter(|object| *object != Self::EcsAuditEvent)
                    .collect(),
            ),
            "audit" => Some(vec![Self::EcsAuditEvent]),
            "all" => Some(all.collect()),
            _ => None,
        }
    }

    /// The data model's name, which also names the output file and the schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The object's name in code and in its stock mapper, for example `task-definition`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.row().word
    }

    /// The operation whose pages are passed to a mapper of this object.
    #[must_use]
    pub const fn describe_operation(self) -> Operation {
        match self.row().way {
            Way::ListThenDescribe { describe, .. }
            | Way::DescribeAlone { describe }
            | Way::DescribeNamed { describe, .. } => describe,
            Way::ListAlone { list } => list,
            Way::PartsOf { object, .. } => object.describe_operation(),
        }
    }

    /// The operation that lists this object, or the one that describes it if no operation lists it.
    #[must_use]
    pub const fn list_operation(self) -> Operation {
        match self.row().way {
            Way::ListThenDescribe { list, .. } => list,
            _ => self.describe_operation(),
        }
    }

    /// The operations that fetch this object, in the order of the calls; a sync needs permission for each.
    #[must_use]
    pub fn operations(self) -> Vec<Operation> {
        let Row { way, parent, .. } = self.row();
        let above = match (way, parent) {
            (Way::PartsOf { object, .. }, _) => object.operations(),
            // Clusters name providers that only a call for the cluster describes.
            (Way::DescribeAlone { .. }, _) => Self::EcsCluster.operations(),
            (_, Parent::Cluster) => vec![Operation::ListClusters],
            (_, Parent::Region) => Vec::new(),
        };
        above.into_iter().chain(way.operations()).collect()
    }

    /// The object whose calls fetch this one: itself, or for a part the object that contains it.
    #[must_use]
    pub const fn fetched(self) -> Self {
        match self.row().way {
            Way::PartsOf { object, .. } => object,
            _ => self,
        }
    }

    /// The place of the described objects in a response body.
    #[must_use]
    pub const fn shape(self) -> Shape {
        self.row().shape
    }

    /// The member that holds a described object's ARN.
    #[must_use]
    pub const fn arn_member(self) -> &'static str {
        self.row().arn_member
    }

    /// The most objects that one Describe call takes, according to the ECS API Reference.
    #[must_use]
    pub const fn describe_batch(self) -> usize {
        match self.row().way {
            Way::ListThenDescribe { batch, .. } | Way::DescribeNamed { batch, .. } => batch,
            Way::DescribeAlone { .. } | Way::ListAlone { .. } | Way::PartsOf { .. } => 1,
        }
    }

    /// The attributes of all objects that change on their own: the rows' volatile ones, and `LAST_CAPTURED`.
    #[must_use]
    pub fn volatile_attributes() -> BTreeSet<String> {
        let rows = Self::ALL.into_iter().map(Self::row);
        let volatile = rows.flat_map(|row| row.volatile.iter());
        let all = volatile.chain(&["LAST_CAPTURED"]);
        all.map(|name| (*name).to_owned()).collect()
    }
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that does not belong to a connector object.
#[derive(Debug, thiserror::Error)]
#[error("`{given}` is not a connector object; did you mean `{nearest}`? The objects are: {}", Object::ALL.map(Object::name).join(", "))]
pub struct UnknownObject {
    given: String,
    nearest: &'static str,
}

impl FromStr for Object {
    type Err = UnknownObject;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(object) = Self::ALL.into_iter().find(|object| object.name() == name) {
            return Ok(object);
        }
        // Users often leave out the prefix.
        let prefixed = match name.get(..3) {
            Some(prefix) if prefix.eq_ignore_ascii_case("ecs") => name.to_owned(),
            _ => format!("Ecs{name}"),
        };
        let nearest = portolan_machine::text::nearest(&prefixed, Self::ALL.map(Self::name))
            .unwrap_or(Self::EcsCluster.name());
        Err(UnknownObject {
            given: portolan_machine::text::printable(name, 64),
            nearest,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_object_names_the_nearest() {
        for (name, nearest) in [
            ("EcsTasks", "EcsTask"),
            ("Task", "EcsTask"),
            ("service", "EcsService"),
            ("task-definition", "EcsTaskDefinition"),
            ("ecscluster", "EcsCluster"),
        ] {
            let error = name
                .parse::<Object>()
                .expect_err("not an object")
                .to_string();
            assert!(
                error.contains(&format!("did you mean `{nearest}`")),
                "{error}"
            );
        }
    }

    /// An object whose `Way` is not implemented is never complete.
    #[test]
    fn every_object_is_fetched_in_a_way_that_is_built() {
        for object in Object::ALL {
            let way = object.row().way;
            assert!(
                !matches!(way, Way::DescribeNamed { .. }),
                "{object}: {way:?}"
            );
        }
    }

    #[test]
    fn every_object_describes_with_its_last_operation() {
        for object in Object::ALL {
            assert_eq!(
                object.operations().last().copied(),
                Some(object.describe_operation())
            );
            assert_eq!(
                object.describe_operation().described_object(),
                Some(object.fetched())
            );
        }
    }
}
