//! The calls that fetch objects, built from their rows: the parameters, and the parsing of answers.

use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::RegionFetch;
use super::answer::{ArnPage, Described};
use super::batch::Batch;
use super::known::KnownRevisions;
use super::paging::{UNREADABLE, next_token};
use super::settings::{Options, TaskDefinitionStatus};
use super::tags::{ACTIVE, TagsOf};
use portolan_aws::{CallFailure, Caller};
use portolan_page::object::{Object, Operation, Parent, Shape, Way};
use portolan_page::{ScannedBody, with_member, with_secret_suspects, without_secret_suspects};

/// A name that no object has. AWS checks permissions before it looks for objects, so "not found" means
/// "allowed".
const NOBODYS: &str = "portolan-permission-check";
/// The same as an id. Ids of tasks and container instances have a form of their own.
const NOBODYS_ID: &str = "00000000000000000000000000000000";

/// The parameters of one List call.
pub(super) struct ListRequest<'w> {
    /// The cluster, for objects of clusters.
    pub(super) cluster: Option<&'w str>,
    /// The listing that the call belongs to.
    pub(super) pass: Pass,
    /// The `nextToken` of the previous page.
    pub(super) token: Option<String>,
}

/// The parameter that distinguishes one of several listings, and its value.
pub(super) type Pass = Option<(&'static str, &'static str)>;

/// The listings of an object, each with its own tokens.
pub(super) fn passes(options: &Options, object: Object) -> Vec<Pass> {
    let (parameter, statuses): (_, &[&str]) = match object {
        // ListTasks returns tasks of one desired status. PENDING returns none: tasks that are starting are
        // listed as RUNNING.
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

/// The status that all objects of a pass have, if only the pass contains it.
pub(super) fn status(object: Object, pass: Pass) -> Option<&'static str> {
    pass.filter(|_| object == Object::EcsTaskDefinition)
        .map(|(_, status)| status)
}

/// Fetches one page of a listing.
pub(super) async fn list(
    scope: &RegionFetch,
    object: Object,
    wanted: ListRequest<'_>,
) -> Result<ArnPage, CallFailure> {
    // Without maxResults some operations return pages of 10.
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

/// Describes a batch, or uses the body that an earlier sync kept.
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
    // Without a listing, the current status is not known.
    if let Some(kept) = kept(scope, (known, endpoint), arn, batch.status).await {
        return Ok(kept);
    }
    let described = ask(scope, object, batch, with_includes).await?;
    // A body that was described without its tags is not kept, because it looks like one without tags.
    if with_includes && described.page.arn(0).as_ref() == Some(arn) {
        let is_scanned = scope.config.detect_secrets && !described.is_unscanned;
        (known.put)(endpoint, arn, described.page.body(), is_scanned);
    }
    Ok(described)
}

/// A revision that an earlier sync described, with its current tags.
async fn kept(
    scope: &RegionFetch,
    (known, endpoint): (&KnownRevisions, &str),
    arn: &str,
    status: Option<&str>,
) -> Option<Described> {
    let status = status?;
    let tags = match (known.has)(endpoint, arn) && status == ACTIVE {
        true => scope.tags_of_kept(arn).await?,
        false => TagsOf::OfBody,
    };
    let body = (known.get)(endpoint, arn, status)?;
    // A kept body has no values any more. Whether it has suspects is a matter of this sync, not of an earlier one.
    let body = match scope.config.detect_secrets {
        true => body,
        false => without_secret_suspects(body.into()).into(),
    };
    let body = match &tags {
        TagsOf::OfBody => body,
        TagsOf::These(tags) => with_member(&body, "tags", Some(tags)),
        TagsOf::Unknown => with_member(&body, "tags", None),
    };
    let page = scope.page(Object::EcsTaskDefinition, body.into()).ok()?;
    let is_asked = page.arn(0).as_deref() == Some(arn);
    is_asked.then(|| {
        let mut kept = Described::kept(page, arn.to_owned());
        kept.is_untagged = matches!(tags, TagsOf::Unknown);
        kept
    })
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
    let read = |body| {
        let scanned = scanned(scope, object, body);
        let mut described = Described::of_page(scope.page(object, scanned.body)?)?;
        described.is_unscanned = !scanned.is_whole;
        Ok(described)
    };
    let operation = object.describe_operation();
    scope.caller.call(operation, &parameters, read).await
}

/// A body, scanned for secrets if that is asked for. `secretSuspects` of the server itself are removed in any case.
fn scanned(scope: &RegionFetch, object: Object, body: Bytes) -> ScannedBody {
    let is_revision = object == Object::EcsTaskDefinition;
    match is_revision && scope.config.detect_secrets {
        true => with_secret_suspects(body),
        false if is_revision => ScannedBody {
            body: without_secret_suspects(body),
            is_whole: true,
        },
        false => ScannedBody {
            body,
            is_whole: true,
        },
    }
}

/// The parameters that name objects in a Describe call.
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

/// A cluster as a survey sees it.
#[derive(Clone, Default)]
pub(super) struct ClusterSize {
    /// The number of objects in it, from the counters in the objects' rows.
    pub(super) objects: BTreeMap<Object, u64>,
    /// The capacity providers that it names.
    pub(super) providers: Vec<String>,
}

/// The sizes of clusters. Clusters that have vanished are left out.
pub(super) async fn sizes(
    scope: &RegionFetch,
    arns: &[String],
) -> Result<Vec<ClusterSize>, CallFailure> {
    let parameters = described_by(Object::EcsCluster, None, arns);
    let read = |body: Bytes| {
        let answer: Value = serde_json::from_slice(&body).map_err(|_| UNREADABLE)?;
        let clusters = answer["clusters"].as_array().ok_or("it has no clusters")?;
        let count = |cluster: &Value, object: Object| {
            let counters = object.row().counters.iter();
            counters.filter_map(|name| cluster[name].as_u64()).sum()
        };
        let size = |cluster: &Value| {
            let objects = Object::ALL.into_iter();
            let providers = cluster["capacityProviders"]
                .as_array()
                .into_iter()
                .flatten();
            ClusterSize {
                objects: objects
                    .map(|object| (object, count(cluster, object)))
                    .collect(),
                providers: providers
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            }
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
        if operation == Operation::GetResources {
            let paging = operation.paging();
            let parameters =
                json!({paging.size: 1, "ResourceTypeFilters": ["ecs:task-definition"]});
            return caller.call(operation, &parameters, |_| Ok(())).await;
        }
        // The operations of an account need no probe, because they are called before any object is fetched.
        let Some(object) = operation.object() else {
            return Ok(());
        };
        let is_of_cluster = object.row().parent == Parent::Cluster;
        let is_alone = matches!(
            object.row().way,
            Way::DescribeAlone { .. } | Way::ListAlone { .. }
        );
        let mut parameters = if is_alone {
            json!({operation.paging().size: 1})
        } else if operation == object.describe_operation() {
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
        let next_token = next_token(body, object.list_operation().paging().token)?;
        let answer: HashMap<String, &RawValue> =
            serde_json::from_slice(body).map_err(|_| UNREADABLE)?;
        // For example `taskArns` for `taskArn`.
        let member = format!("{}s", object.arn_member());
        let arns = answer.get(&member).filter(|list| list.get() != "null");
        let arns = arns.ok_or_else(|| format!("it has no list {member}"))?;
        let arns = serde_json::from_str(arns.get())
            .map_err(|_| format!("its {member} are not a list of texts"))?;
        Ok(Self { arns, next_token })
    }
}
