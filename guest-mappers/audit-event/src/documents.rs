//! The parameters of a request and the elements of its response. Each operation has its own, and CloudTrail
//! writes a string in the place of anything that it hides, so a member of another type counts as absent.

use portolan_mapper_sdk::{Lenient, Text, TextSet, lenient};
use serde::Deserialize;

type Free<T> = Option<Lenient<T>>;
type FreeText<'a> = Free<Text<'a>>;
type FreeList<T> = Free<Vec<Free<T>>>;

/// The parameters of a request that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parameters<'a> {
    #[serde(borrow)]
    pub(crate) name: FreeText<'a>,
    pub(crate) value: FreeText<'a>,
    pub(crate) principal_arn: FreeText<'a>,
    pub(crate) resource_arn: FreeText<'a>,
    pub(crate) cluster: FreeText<'a>,
    pub(crate) service: FreeText<'a>,
    pub(crate) task_definition: FreeText<'a>,
    pub(crate) task: FreeText<'a>,
    pub(crate) task_role_arn: FreeText<'a>,
    pub(crate) overrides: Free<Overrides<'a>>,
    pub(crate) network_configuration: Free<NetworkConfiguration<'a>>,
    pub(crate) container_definitions: FreeList<ContainerDefinition<'a>>,
    pub(crate) network_mode: FreeText<'a>,
    pub(crate) pid_mode: FreeText<'a>,
    pub(crate) ipc_mode: FreeText<'a>,
    pub(crate) volumes: FreeList<Volume<'a>>,
}

/// The settings of a task that a request changes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Overrides<'a> {
    #[serde(borrow)]
    pub(crate) task_role_arn: FreeText<'a>,
}

/// The network of tasks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkConfiguration<'a> {
    #[serde(borrow)]
    pub(crate) awsvpc_configuration: Free<AwsvpcConfiguration<'a>>,
}

/// The network interfaces of tasks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsvpcConfiguration<'a> {
    #[serde(borrow)]
    pub(crate) assign_public_ip: FreeText<'a>,
}

/// A container of a task definition.
#[derive(Debug, Deserialize)]
pub struct ContainerDefinition<'a> {
    #[serde(borrow)]
    pub(crate) image: FreeText<'a>,
    pub(crate) privileged: Free<bool>,
}

/// A volume of a task definition.
#[derive(Debug, Deserialize)]
pub struct Volume<'a> {
    #[serde(borrow)]
    pub(crate) host: Free<Host<'a>>,
}

/// The host part of a volume: a bind mount.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host<'a> {
    #[serde(borrow)]
    pub(crate) source_path: FreeText<'a>,
}

/// The elements of a response that become attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response<'a> {
    #[serde(borrow)]
    pub(crate) setting: Free<Setting<'a>>,
    pub(crate) session: Free<Session<'a>>,
    pub(crate) cluster: Free<Cluster<'a>>,
    pub(crate) service: Free<Service<'a>>,
    pub(crate) task_set: Free<TaskSet<'a>>,
    pub(crate) task_definition: Free<TaskDefinition<'a>>,
    pub(crate) tasks: FreeList<Task<'a>>,
    pub(crate) container_instance: Free<ContainerInstance<'a>>,
    pub(crate) capacity_provider: Free<CapacityProvider<'a>>,
    pub(crate) task_arn: FreeText<'a>,
}

/// An account setting.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting<'a> {
    #[serde(borrow)]
    pub(crate) name: FreeText<'a>,
    pub(crate) value: FreeText<'a>,
    pub(crate) principal_arn: FreeText<'a>,
}

/// A session of ECS Exec.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session<'a> {
    #[serde(borrow)]
    pub(crate) session_id: FreeText<'a>,
}

/// A cluster.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster<'a> {
    #[serde(borrow)]
    pub(crate) cluster_arn: FreeText<'a>,
}

/// A service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Service<'a> {
    #[serde(borrow)]
    pub(crate) service_arn: FreeText<'a>,
}

/// A task set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskSet<'a> {
    #[serde(borrow)]
    pub(crate) task_set_arn: FreeText<'a>,
}

/// A revision of a task definition.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskDefinition<'a> {
    #[serde(borrow)]
    pub(crate) task_definition_arn: FreeText<'a>,
    pub(crate) container_definitions: FreeList<Image<'a>>,
}

/// The image of a container.
#[derive(Debug, Deserialize)]
pub struct Image<'a> {
    #[serde(borrow)]
    pub(crate) image: FreeText<'a>,
}

/// A task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task<'a> {
    #[serde(borrow)]
    pub(crate) task_arn: FreeText<'a>,
}

/// A container instance.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerInstance<'a> {
    #[serde(borrow)]
    pub(crate) container_instance_arn: FreeText<'a>,
}

/// A capacity provider.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapacityProvider<'a> {
    #[serde(borrow)]
    pub(crate) capacity_provider_arn: FreeText<'a>,
}

/// The string of an optional member.
pub(crate) fn string<'s>(value: &'s FreeText<'_>) -> Option<&'s str> {
    lenient(value).map(Text::as_str)
}

/// The elements of a list that have the list's type.
pub(crate) fn elements<T>(list: &FreeList<T>) -> impl Iterator<Item = &T> {
    lenient(list).into_iter().flatten().filter_map(lenient)
}

impl<'a> Parameters<'a> {
    /// The role that tasks get, in a task definition or in place of that of a task definition.
    pub(crate) fn role(&self) -> Option<&str> {
        let overridden = || string(&lenient(&self.overrides)?.task_role_arn);
        string(&self.task_role_arn).or_else(overridden)
    }

    /// Whether tasks get public IP addresses.
    pub(crate) fn is_public(&self) -> Option<bool> {
        let network = lenient(&self.network_configuration)?;
        let awsvpc = lenient(&network.awsvpc_configuration)?;
        string(&awsvpc.assign_public_ip).map(|assigned| assigned == "ENABLED")
    }

    /// Whether one of the containers has root privileges on its host; `None` without containers.
    pub(crate) fn is_privileged(&self) -> Option<bool> {
        let privileged = elements(&self.container_definitions)
            .map(|container| lenient(&container.privileged) == Some(&true));
        privileged.reduce(|any, one| any || one)
    }

    /// The paths of the host that volumes mount.
    pub(crate) fn host_paths(&self) -> Option<TextSet<'_>> {
        let paths = elements(&self.volumes)
            .filter_map(|volume| string(&lenient(&volume.host)?.source_path));
        TextSet::collect(paths.filter(|path| !path.is_empty()))
    }

    pub(crate) fn images(&self) -> impl Iterator<Item = &str> {
        elements(&self.container_definitions).filter_map(|container| string(&container.image))
    }

    /// The parameters that may name an object of the request by its ARN.
    pub(crate) fn targets(&self) -> [&FreeText<'a>; 5] {
        [
            &self.resource_arn,
            &self.cluster,
            &self.service,
            &self.task_definition,
            &self.task,
        ]
    }
}

impl Response<'_> {
    pub(crate) fn images(&self) -> impl Iterator<Item = &str> {
        let definition = lenient(&self.task_definition);
        definition
            .into_iter()
            .flat_map(|definition| elements(&definition.container_definitions))
            .filter_map(|container| string(&container.image))
    }

    /// The ARNs of the objects in the response.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        let before = [
            lenient(&self.cluster).map(|it| &it.cluster_arn),
            lenient(&self.service).map(|it| &it.service_arn),
            lenient(&self.task_set).map(|it| &it.task_set_arn),
            lenient(&self.task_definition).map(|it| &it.task_definition_arn),
        ];
        let tasks = elements(&self.tasks).map(|task| &task.task_arn);
        let after = [
            lenient(&self.container_instance).map(|it| &it.container_instance_arn),
            lenient(&self.capacity_provider).map(|it| &it.capacity_provider_arn),
            Some(&self.task_arn),
        ];
        let all = before.into_iter().flatten().chain(tasks);
        all.chain(after.into_iter().flatten()).filter_map(string)
    }
}
