//! The calls of each object, with the SDK's types: the one place where objects are told apart by name.

use aws_sdk_ecs::Client;

use super::Scope;
use super::answer::{ArnPage, Described};
use super::batch::Batch;
use crate::aws::{CallFailure, Caller};
use crate::object::{Object, Operation};

/// A cluster and objects that nobody has. ECS checks permissions before it looks for them, so that "not
/// found" means "allowed".
const NOBODYS: &str = "portolan-permission-check";
/// Ids of tasks and container instances have a form of their own.
const NOBODYS_ID: &str = "00000000000000000000000000000000";
/// What a List answer is that the SDK cannot parse.
const UNREADABLE: &str = "it is cut, is not JSON, or has a member of an unexpected type";

/// Makes a call and reads its answer.
macro_rules! call {
    ($caller:expr, $operation:expr, $request:expr, $read:expr) => {{
        let request = $request;
        $caller
            .call(
                $operation,
                |raw| request.clone().customize().interceptor(raw).send(),
                $read,
            )
            .await
    }};
}

/// Reads a page of ARNs, which stand in this member.
macro_rules! arns {
    ($member:ident, $name:literal) => {
        |answer, _| {
            let answer = answer.ok_or(super::UNREADABLE)?;
            let arns = answer.$member.ok_or(concat!("it has no ", $name))?;
            let next_token = answer.next_token;
            Ok(ArnPage { arns, next_token })
        }
    };
}

/// Reads what was described, which stands in this member of the answer, each with its ARN.
macro_rules! described {
    ($scope:expr, $object:expr, $member:ident, $arn:ident, $name:literal) => {
        |answer, body| {
            let page = $scope.page($object, body)?;
            let Some(answer) = answer else {
                return Described::of_page(page);
            };
            let described = answer.$member.ok_or(concat!("it has no ", $name))?;
            let arns = described.into_iter().filter_map(|each| each.$arn);
            Ok(Described::new(page, arns.collect(), answer.failures))
        }
    };
}

mod cluster;
mod container_instance;
mod service;
mod task;
mod task_definition;

pub(super) use cluster::sizes;

/// What one call of a List operation asks for.
pub(super) struct Wanted<'w> {
    /// The cluster, for objects of clusters.
    pub(super) cluster: Option<&'w str>,
    /// Which of the object's listings it is, from 0.
    pub(super) pass: usize,
    /// Where the last page ended.
    pub(super) token: Option<String>,
}

/// How many listings an object takes, each with tokens of its own: tasks are listed by desired status,
/// revisions by status.
pub(super) fn passes(scope: &Scope, object: Object) -> usize {
    match object {
        Object::EcsTask => task::passes(scope),
        Object::EcsTaskDefinition => task_definition::statuses(scope).len(),
        Object::EcsCluster | Object::EcsService | Object::EcsContainerInstance => 1,
    }
}

/// The status of everything that a pass lists, where AWS says it nowhere else.
pub(super) fn status(scope: &Scope, object: Object, pass: usize) -> Option<&'static str> {
    match object {
        Object::EcsTaskDefinition => task_definition::status(scope, pass),
        Object::EcsCluster
        | Object::EcsService
        | Object::EcsTask
        | Object::EcsContainerInstance => None,
    }
}

/// Lists a page.
pub(super) async fn list(
    scope: &Scope,
    object: Object,
    wanted: Wanted<'_>,
) -> Result<ArnPage, CallFailure> {
    match object {
        Object::EcsCluster => cluster::list(scope, wanted).await,
        Object::EcsService => service::list(scope, wanted).await,
        Object::EcsTask => task::list(scope, wanted).await,
        Object::EcsTaskDefinition => task_definition::list(scope, wanted).await,
        Object::EcsContainerInstance => container_instance::list(scope, wanted).await,
    }
}

/// Describes a batch.
pub(super) async fn describe(
    scope: &Scope,
    object: Object,
    batch: &Batch,
    with_tags: bool,
) -> Result<Described, CallFailure> {
    match object {
        Object::EcsCluster => cluster::describe(scope, batch, with_tags).await,
        Object::EcsService => service::describe(scope, batch, with_tags).await,
        Object::EcsTask => task::describe(scope, batch, with_tags).await,
        Object::EcsTaskDefinition => task_definition::describe(scope, batch, with_tags).await,
        Object::EcsContainerInstance => container_instance::describe(scope, batch, with_tags).await,
    }
}

/// Makes a harmless call of an operation, to find out whether it is allowed.
pub(crate) async fn probe(
    client: &Client,
    caller: &Caller,
    operation: Operation,
) -> Result<(), CallFailure> {
    macro_rules! probe {
        ($request:expr) => {
            call!(caller, operation, $request, |_, _| Ok(()))
        };
    }
    match operation {
        Operation::ListClusters => probe!(client.list_clusters().max_results(1)),
        Operation::DescribeClusters => probe!(client.describe_clusters().clusters(NOBODYS)),
        Operation::ListServices => probe!(client.list_services().cluster(NOBODYS).max_results(1)),
        Operation::DescribeServices => {
            probe!(
                client
                    .describe_services()
                    .cluster(NOBODYS)
                    .services(NOBODYS)
            )
        }
        Operation::ListTasks => probe!(client.list_tasks().cluster(NOBODYS).max_results(1)),
        Operation::DescribeTasks => {
            probe!(client.describe_tasks().cluster(NOBODYS).tasks(NOBODYS_ID))
        }
        Operation::ListTaskDefinitions => probe!(client.list_task_definitions().max_results(1)),
        Operation::DescribeTaskDefinition => {
            let revision = format!("{NOBODYS}:1");
            probe!(client.describe_task_definition().task_definition(revision))
        }
        Operation::ListContainerInstances => {
            probe!(
                client
                    .list_container_instances()
                    .cluster(NOBODYS)
                    .max_results(1)
            )
        }
        Operation::DescribeContainerInstances => {
            let request = client.describe_container_instances().cluster(NOBODYS);
            probe!(request.container_instances(NOBODYS_ID))
        }
        // They are asked for before any object is.
        Operation::ListAccounts | Operation::ListRegions => Ok(()),
    }
}
