//! The connector objects: one row each, from which flags, permissions and file names follow.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of thing that the connector brings in, under the name that the data model knows it by.
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
}

/// What Describe calls are asked to include.
pub(crate) const TAGS: &str = "TAGS";

/// How a response holds what it describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A list of objects under this member.
    List(&'static str),
    /// One object under this member.
    Single(&'static str),
}

impl Object {
    /// Every object, in the order in which a person would read about them.
    pub const ALL: [Self; 4] = [
        Self::EcsCluster,
        Self::EcsService,
        Self::EcsTask,
        Self::EcsTaskDefinition,
    ];

    /// The data model's name, which also names the output file and the schema.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcsCluster => "EcsCluster",
            Self::EcsService => "EcsService",
            Self::EcsTask => "EcsTask",
            Self::EcsTaskDefinition => "EcsTaskDefinition",
        }
    }

    /// The one word for the object in the code, which also names its stock mapper.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::EcsCluster => "cluster",
            Self::EcsService => "service",
            Self::EcsTask => "task",
            Self::EcsTaskDefinition => "task-definition",
        }
    }

    /// The operation whose pages a mapper of this object gets.
    #[must_use]
    pub const fn describe_operation(self) -> Operation {
        match self {
            Self::EcsCluster => Operation::DescribeClusters,
            Self::EcsService => Operation::DescribeServices,
            Self::EcsTask => Operation::DescribeTasks,
            Self::EcsTaskDefinition => Operation::DescribeTaskDefinition,
        }
    }

    /// The operations that fetching this object calls, in order; they are its permissions too.
    #[must_use]
    pub const fn operations(self) -> &'static [Operation] {
        match self {
            Self::EcsCluster => &[Operation::ListClusters, Operation::DescribeClusters],
            Self::EcsService => &[
                Operation::ListClusters,
                Operation::ListServices,
                Operation::DescribeServices,
            ],
            Self::EcsTask => &[
                Operation::ListClusters,
                Operation::ListTasks,
                Operation::DescribeTasks,
            ],
            Self::EcsTaskDefinition => &[
                Operation::ListTaskDefinitions,
                Operation::DescribeTaskDefinition,
            ],
        }
    }

    /// Where the described objects stand in a response body.
    #[must_use]
    pub const fn shape(self) -> Shape {
        match self {
            Self::EcsCluster => Shape::List("clusters"),
            Self::EcsService => Shape::List("services"),
            Self::EcsTask => Shape::List("tasks"),
            Self::EcsTaskDefinition => Shape::Single("taskDefinition"),
        }
    }

    /// The member that holds a described object's ARN.
    #[must_use]
    pub const fn arn_member(self) -> &'static str {
        match self {
            Self::EcsCluster => "clusterArn",
            Self::EcsService => "serviceArn",
            Self::EcsTask => "taskArn",
            Self::EcsTaskDefinition => "taskDefinitionArn",
        }
    }

    /// The attributes that come from what a Describe call is asked to include.
    pub(crate) fn attributes_of(include: &str) -> &'static [&'static str] {
        match include {
            TAGS => &["TAGS"],
            _ => &[],
        }
    }

    /// How many objects one Describe call takes, by the ECS API reference.
    #[must_use]
    pub const fn describe_batch(self) -> usize {
        match self {
            Self::EcsCluster | Self::EcsTask => 100,
            Self::EcsService => 10,
            Self::EcsTaskDefinition => 1,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A name that is no connector object.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{given}` is no connector object; did you mean `{nearest}`? Known are: EcsCluster, EcsService, EcsTask, EcsTaskDefinition"
)]
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
        // Most leave out the prefix.
        let prefixed = match name.get(..3) {
            Some(prefix) if prefix.eq_ignore_ascii_case("ecs") => name.to_owned(),
            _ => format!("Ecs{name}"),
        };
        let nearest = crate::text::nearest(&prefixed, Self::ALL.map(Self::name))
            .unwrap_or(Self::EcsCluster.name());
        Err(UnknownObject {
            given: crate::text::printable(name, 64),
            nearest,
        })
    }
}

/// The ECS operations that a sync calls: all that it may do with the permissions it asks for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Operation {
    /// Pages of cluster ARNs.
    ListClusters,
    /// Up to 100 clusters.
    DescribeClusters,
    /// Pages of service ARNs of a cluster.
    ListServices,
    /// Up to 10 services of a cluster.
    DescribeServices,
    /// Pages of task ARNs of a cluster.
    ListTasks,
    /// Up to 100 tasks of a cluster.
    DescribeTasks,
    /// Pages of task definition ARNs.
    ListTaskDefinitions,
    /// One revision of a task definition.
    DescribeTaskDefinition,
}

impl Operation {
    /// Every operation, in the order of the objects.
    pub const ALL: [Self; 8] = [
        Self::ListClusters,
        Self::DescribeClusters,
        Self::ListServices,
        Self::DescribeServices,
        Self::ListTasks,
        Self::DescribeTasks,
        Self::ListTaskDefinitions,
        Self::DescribeTaskDefinition,
    ];

    /// The name in the API, for example `DescribeTasks`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ListClusters => "ListClusters",
            Self::DescribeClusters => "DescribeClusters",
            Self::ListServices => "ListServices",
            Self::DescribeServices => "DescribeServices",
            Self::ListTasks => "ListTasks",
            Self::DescribeTasks => "DescribeTasks",
            Self::ListTaskDefinitions => "ListTaskDefinitions",
            Self::DescribeTaskDefinition => "DescribeTaskDefinition",
        }
    }

    /// The IAM action that allows the operation, for example `ecs:DescribeTasks`.
    #[must_use]
    pub fn action(self) -> String {
        format!("ecs:{}", self.name())
    }

    /// The object whose pages this operation gives, if it describes.
    #[must_use]
    pub fn described_object(self) -> Option<Object> {
        Object::ALL
            .into_iter()
            .find(|object| object.describe_operation() == self)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
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

    #[test]
    fn every_object_describes_with_its_last_operation() {
        for object in Object::ALL {
            assert_eq!(
                object.operations().last(),
                Some(&object.describe_operation())
            );
            assert_eq!(object.describe_operation().described_object(), Some(object));
        }
    }
}
