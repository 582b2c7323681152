//! The operations of AWS's APIs that a sync calls.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::{ACCOUNT, Api, CLOUDTRAIL, ECS, ORGANIZATIONS, TAGGING};
use super::{ActionGroup, Object};

/// The operations that a sync calls. Each needs the permission in [`Operation::action`].
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
    /// Pages of container instance ARNs of a cluster.
    ListContainerInstances,
    /// Up to 100 container instances of a cluster.
    DescribeContainerInstances,
    /// Pages of the capacity providers of a Region or a cluster.
    DescribeCapacityProviders,
    /// Pages of account settings.
    ListAccountSettings,
    /// Pages of the tags of resources.
    GetResources,
    /// Pages of events of the last 90 days.
    LookupEvents,
    /// Pages of the accounts of an organization.
    ListAccounts,
    /// Pages of the Regions of an account.
    ListRegions,
}

impl Operation {
    /// Every operation, in the order of the objects.
    pub const ALL: [Self; 16] = [
        Self::ListClusters,
        Self::DescribeClusters,
        Self::ListServices,
        Self::DescribeServices,
        Self::ListTasks,
        Self::DescribeTasks,
        Self::ListTaskDefinitions,
        Self::DescribeTaskDefinition,
        Self::ListContainerInstances,
        Self::DescribeContainerInstances,
        Self::DescribeCapacityProviders,
        Self::ListAccountSettings,
        Self::GetResources,
        Self::LookupEvents,
        Self::ListAccounts,
        Self::ListRegions,
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
            Self::ListContainerInstances => "ListContainerInstances",
            Self::DescribeContainerInstances => "DescribeContainerInstances",
            Self::DescribeCapacityProviders => "DescribeCapacityProviders",
            Self::ListAccountSettings => "ListAccountSettings",
            Self::GetResources => "GetResources",
            Self::LookupEvents => "LookupEvents",
            Self::ListAccounts => "ListAccounts",
            Self::ListRegions => "ListRegions",
        }
    }

    /// The IAM action that allows the operation, for example `ecs:DescribeTasks`.
    #[must_use]
    pub fn action(self) -> String {
        format!("{}:{}", self.api().action_prefix, self.name())
    }

    /// The API that the operation belongs to.
    #[must_use]
    pub const fn api(self) -> &'static Api {
        match self {
            Self::ListClusters
            | Self::DescribeClusters
            | Self::ListServices
            | Self::DescribeServices
            | Self::ListTasks
            | Self::DescribeTasks
            | Self::ListTaskDefinitions
            | Self::DescribeTaskDefinition
            | Self::ListContainerInstances
            | Self::DescribeContainerInstances
            | Self::DescribeCapacityProviders
            | Self::ListAccountSettings => &ECS,
            Self::GetResources => &TAGGING,
            Self::LookupEvents => &CLOUDTRAIL,
            Self::ListAccounts => &ORGANIZATIONS,
            Self::ListRegions => &ACCOUNT,
        }
    }

    /// The object that this operation lists or describes; `None` for operations of an account.
    #[must_use]
    pub fn object(self) -> Option<Object> {
        let mut objects = Object::ALL.into_iter();
        objects.find(|object| object.row().way.operations().contains(&self))
    }

    /// The object whose pages this operation returns; `None` if its answers are not passed to mappers.
    #[must_use]
    pub fn described_object(self) -> Option<Object> {
        self.object()
            .filter(|object| object.describe_operation() == self)
    }

    /// The action group whose token bucket the operation uses; `None` if AWS does not publish one.
    #[must_use]
    pub fn group(self) -> Option<ActionGroup> {
        match self {
            Self::GetResources => Some(ActionGroup::TagRead),
            _ => self.object().map(|object| object.row().group),
        }
    }
}

/// The parameters of an operation that returns pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The parameter for the most elements of a page.
    pub size: &'static str,
    /// The most elements that AWS allows.
    pub limit: u16,
    /// The name of the token for the next page, in requests and answers.
    pub token: &'static str,
}

impl Operation {
    /// The paging parameters, according to the API references.
    #[must_use]
    pub const fn paging(self) -> Paging {
        let (size, limit, token) = match self {
            Self::DescribeCapacityProviders | Self::ListAccountSettings => {
                ("maxResults", 10, "nextToken")
            }
            Self::GetResources => ("ResourcesPerPage", 100, "PaginationToken"),
            Self::LookupEvents => ("MaxResults", 50, "NextToken"),
            _ => ("maxResults", 100, "nextToken"),
        };
        Paging { size, limit, token }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
