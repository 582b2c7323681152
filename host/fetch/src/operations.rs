//! The calls of objects, made of their rows: what is asked for, and what is read of an answer.

use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::RegionFetch;
use super::answer::{ArnPage, Described};
use super::batch::Batch;
use super::settings::{Options, TaskDefinitionStatus};
use portolan_aws::{CallFailure, Caller};
use portolan_page::object::{Object, Operation, Parent, Shape};

/// Nobody has objects of this name. AWS checks permissions before it looks for them, so that "not found" means
/// "allowed".
const NOBODYS: &str = "portolan-permission-check";
/// Ids of tasks and container instances have a form of their own.
const NOBODYS_ID: &str = "00000000000000000000000000000000";
/// What is said of an answer that is not JSON at all.
const UNREADABLE: &str = "it is cut or is not a JSON object";

/// What one call of a List operation asks for.
pub(super) struct ListRequest<'w> {
    /// The cluster, for objects of clusters.
    pub(super) cluster: Option<&'w str>,
    /// Which of the object's listings it is.
    pub(super) pass: Pass,
    /// Where the last page ended.
    pub(super) token: Option<String>,
}

/// The parameter by which a listing is one of several, and its value.
pub(super) type Pass = Option<(&'static str, &'static str)>;

/// The listings that an object takes, each with tokens of its own.
pub(super) fn passes(options: &Options, object: Object) -> Vec<Pass> {
    let (parameter, statuses): (_, &[&str]) = match object {
        // ListTasks gives one desired status at a time. PENDING never gives anything: tasks that are starting
        // are listed as RUNNING already.
        Object::EcsTask if options.fetch_stopped_tasks => {
            ("desiredStatus", &["RUNNING", "STOPPED"])
        }
        Object::EcsTask => ("desiredStatus", &["RUNNING"]),
        Object::EcsTaskDefinition => {
            let statuses: &[&str] = match options.task_definition_status {
                TaskDefinitionStatus::Active => &["ACTIVE"],
                TaskDefinitionStatus::Inactive => &["INACTIVE"],
                TaskDefinitionStatus::DeleteInProgress => &["DELETE_IN_PROGRESS"],
                TaskDefinitionStatus::All => &["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"],
            };
            ("status", statuses)
        }
        _ => return vec![None],
    };
    let passes = statuses.iter().map(|status| Some((parameter, *status)));
    passes.collect()
}

/// The status of everything that a pass lists, where AWS says it nowhere else.
pub(super) fn status(object: Object, pass: Pass) -> Option<&'static str> {
    pass.filter(|_| object == Object::EcsTaskDefinition)
        .map(|(_, status)| status)
}

/// Lists a page.
pub(super) async fn list(
    scope: &RegionFetch,
    object: Object,
    wanted: ListRequest<'_>,
) -> Result<ArnPage, CallFailure> {
    // Without maxResults some operations give pages of 10.
    let mut parameters = json!({"maxResults": scope.config.page_size});
    if let Some(cluster) = wanted.cluster {
        parameters["cluster"] = cluster.into();
    }
    if let Some((parameter, value)) = wanted.pass {
        parameters[parameter] = value.into();
    }
    if let Some(token) = wanted.token {
        parameters["nextToken"] = token.into();
    }
    let read = |body: Bytes| ArnPage::read(&body, object);
    let operation = object.list_operation();
    scope.caller.call(operation, &parameters, read).await
}

/// Describes a batch, or takes what an earlier sync was told about it.
pub(super) async fn describe(
    scope: &RegionFetch,
    object: Object,
    batch: &Batch,
    with_includes: bool,
) -> Result<Described, CallFailure> {
    let known = scope.revisions.as_ref().zip(batch.arns.first());
    let Some(((known, endpoint), arn)) = known.filter(|_| object == Object::EcsTaskDefinition)
    else {
        return ask(scope, object, batch, with_includes).await;
    };
    // Without a listing nobody knows the status of today.
    let kept = batch
        .status
        .and_then(|status| (known.get)(endpoint, arn, status))
        .and_then(|body| scope.page(object, body.into()).ok());
    if let Some(page) = kept.filter(|page| page.arn(0).as_ref() == Some(arn)) {
        return Ok(Described::kept(page, arn.clone()));
    }
    let described = ask(scope, object, batch, with_includes).await?;
    // A body that was read without its tags must not pass for one without tags.
    if with_includes && described.page.arn(0).as_ref() == Some(arn) {
        (known.put)(endpoint, arn, described.page.body());
    }
    Ok(described)
}

async fn ask(
    scope: &RegionFetch,
    object: Object,
    batch: &Batch,
    with_includes: bool,
) -> Result<Described, CallFailure> {
    let cluster = batch.cluster.as_deref();
    let mut parameters = described_by(object, cluster, &batch.arns);
    if with_includes {
        let includes = object.row().includes.iter();
        parameters["include"] = includes.map(|include| include.name).collect();
    }
    let read = |body| Described::of_page(scope.page(object, body)?);
    let operation = object.describe_operation();
    scope.caller.call(operation, &parameters, read).await
}

/// What names objects to a Describe operation.
fn described_by(object: Object, cluster: Option<&str>, names: &[String]) -> Value {
    let mut parameters = match object.shape() {
        Shape::List(member) => json!({member: names}),
        Shape::Single(member) => json!({member: names.first()}),
    };
    if let Some(cluster) = cluster {
        parameters["cluster"] = cluster.into();
    }
    parameters
}

/// How many objects clusters count, by the counters of the objects' rows. Clusters that have vanished are
/// left out.
pub(super) async fn sizes(
    scope: &RegionFetch,
    arns: &[String],
) -> Result<Vec<BTreeMap<Object, u64>>, CallFailure> {
    let parameters = described_by(Object::EcsCluster, None, arns);
    let read = |body: Bytes| {
        let answer: Value = serde_json::from_slice(&body).map_err(|_| UNREADABLE)?;
        let clusters = answer["clusters"].as_array().ok_or("it has no clusters")?;
        let count = |cluster: &Value, object: Object| {
            let counters = object.row().counters.iter();
            counters.filter_map(|name| cluster[name].as_u64()).sum()
        };
        let size = |cluster| {
            let objects = Object::ALL.into_iter();
            objects
                .map(|object| (object, count(cluster, object)))
                .collect()
        };
        Ok(clusters.iter().map(size).collect())
    };
    let operation = Operation::DescribeClusters;
    scope.caller.call(operation, &parameters, read).await
}

/// Makes a harmless call of an operation, to find out whether it is allowed.
pub fn probe<'a>(
    caller: &'a Caller,
    operation: Operation,
) -> BoxFuture<'a, Result<(), CallFailure>> {
    Box::pin(async move {
        // Others are asked for before any object is.
        let Some(object) = operation.object() else {
            return Ok(());
        };
        let is_of_cluster = object.row().parent == Parent::Cluster;
        let mut parameters = if operation == object.describe_operation() {
            let name = match object.shape() {
                Shape::Single(_) => format!("{NOBODYS}:1"),
                Shape::List(_) if is_of_cluster => NOBODYS_ID.to_owned(),
                Shape::List(_) => NOBODYS.to_owned(),
            };
            described_by(object, None, &[name])
        } else {
            json!({"maxResults": 1})
        };
        if is_of_cluster {
            parameters["cluster"] = NOBODYS.into();
        }
        caller.call(operation, &parameters, |_| Ok(())).await
    })
}

impl ArnPage {
    /// Reads an answer of the object's List operation.
    fn read(body: &[u8], object: Object) -> Result<Self, String> {
        /// A token that stands there twice is refused: nobody knows which one counts.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct End {
            next_token: Option<String>,
        }
        let End { next_token } =
            serde_json::from_slice(body).map_err(|error| match error.classify() {
                Category::Data => "its nextToken is not one text",
                _ => UNREADABLE,
            })?;
        let answer: HashMap<String, &RawValue> =
            serde_json::from_slice(body).map_err(|_| UNREADABLE)?;
        // `taskArns` of `taskArn`.
        let member = format!("{}s", object.arn_member());
        let arns = answer.get(&member).filter(|list| list.get() != "null");
        let arns = arns.ok_or_else(|| format!("it has no list {member}"))?;
        let arns = serde_json::from_str(arns.get())
            .map_err(|_| format!("its {member} are not a list of texts"))?;
        Ok(Self { arns, next_token })
    }
}
