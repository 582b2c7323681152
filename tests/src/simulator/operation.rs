//! The operations on the objects of an account and Region: service, bucket and function.

use super::bucket::{
    CAPACITY_PROVIDER_READ, CLUSTER_READ, CLUSTER_RESOURCE_READ, EVENT_LOOKUP, Group, SERVICE_READ,
    SETTING_READ, TASK_DEFINITION_READ,
};
use super::call::{Answer, Call};
use super::error::ApiError;
use super::{capacity_provider, container_instance, describe, event, list, setting, tagging};

/// A service of the AWS JSON 1.1 protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Ecs,
    CloudTrail,
    Tagging,
}

impl Service {
    /// What precedes the operation in the header `x-amz-target`.
    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Ecs => "AmazonEC2ContainerServiceV20141113",
            Self::CloudTrail => "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
            Self::Tagging => "ResourceGroupsTaggingAPI_20170126",
        }
    }

    /// What precedes the operation in the name of its IAM action.
    pub(super) fn action_prefix(self) -> &'static str {
        match self {
            Self::Ecs => "ecs",
            Self::CloudTrail => "cloudtrail",
            Self::Tagging => "tag",
        }
    }
}

type Run = fn(&Call<'_>) -> Result<Answer, ApiError>;

/// An operation, its published bucket if it has one, and the function that answers it.
pub(super) struct Operation {
    pub(super) service: Service,
    pub(super) name: &'static str,
    group: Option<Group>,
    pub(super) run: Run,
}

const fn ecs(name: &'static str, group: Group, run: Run) -> Operation {
    Operation {
        service: Service::Ecs,
        name,
        group: Some(group),
        run,
    }
}

static OPERATIONS: [Operation; 14] = [
    ecs("ListClusters", CLUSTER_READ, list::list_clusters),
    ecs("ListServices", SERVICE_READ, list::list_services),
    ecs("ListTasks", CLUSTER_RESOURCE_READ, list::list_tasks),
    ecs(
        "ListTaskDefinitions",
        TASK_DEFINITION_READ,
        list::list_task_definitions,
    ),
    ecs(
        "ListContainerInstances",
        CLUSTER_RESOURCE_READ,
        container_instance::list,
    ),
    ecs("ListAccountSettings", SETTING_READ, setting::list),
    ecs(
        "DescribeClusters",
        CLUSTER_READ,
        describe::describe_clusters,
    ),
    ecs(
        "DescribeServices",
        SERVICE_READ,
        describe::describe_services,
    ),
    ecs(
        "DescribeTasks",
        CLUSTER_RESOURCE_READ,
        describe::describe_tasks,
    ),
    ecs(
        "DescribeTaskDefinition",
        TASK_DEFINITION_READ,
        describe::describe_task_definition,
    ),
    ecs(
        "DescribeContainerInstances",
        CLUSTER_RESOURCE_READ,
        container_instance::describe,
    ),
    ecs(
        "DescribeCapacityProviders",
        CAPACITY_PROVIDER_READ,
        capacity_provider::describe,
    ),
    Operation {
        service: Service::CloudTrail,
        name: "LookupEvents",
        group: Some(EVENT_LOOKUP),
        run: event::lookup,
    },
    // AWS publishes no rate for it.
    Operation {
        service: Service::Tagging,
        name: "GetResources",
        group: None,
        run: tagging::get_resources,
    },
];

impl Operation {
    /// The operation that `x-amz-target` names.
    pub(super) fn find(target: &str, name: &str) -> Option<&'static Self> {
        named(name).filter(|operation| operation.service.target() == target)
    }
}

fn named(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

/// The bucket of an operation; `None` if AWS publishes none for it.
pub(super) fn bucket_of(name: &str) -> Option<Group> {
    named(name)?.group
}

pub(super) fn is_ecs(name: &str) -> bool {
    named(name).is_some_and(|operation| operation.service == Service::Ecs)
}

/// Whether answers of the operation come in pages.
pub(super) fn is_paged(name: &str) -> bool {
    let describes_all = ["DescribeCapacityProviders", "LookupEvents", "GetResources"];
    is_ecs(name) && name.starts_with("List") || describes_all.contains(&name)
}
