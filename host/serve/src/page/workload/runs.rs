//! The running tasks of a workload, and the containers in them.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::moment;
use crate::page::address::Address;
use crate::page::words::{Time, count, number, short, shown};
use crate::store::workloads::{GROUP, Workload};
use crate::store::{Store, StoreError, objects};

/// The most records of a cluster that are looked through.
const RECORDS: i64 = 50_000;
/// The tasks that are shown.
const TASKS: usize = 50;
/// The digests of an image that are shown.
const DIGESTS: usize = 3;
/// The tasks whose FIPS verdicts are asked for.
const JUDGED: usize = 5000;

/// What is shown of a service.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
pub(super) struct ServiceBody {
    pub(super) launch_type: Option<String>,
    pub(super) platform_version: Option<String>,
    pub(super) desired_count: Option<i64>,
    pub(super) pending_count: Option<i64>,
    pub(super) task_definition: Option<String>,
    pub(super) created_by: Option<String>,
    pub(super) capacity_providers: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
struct TaskBody {
    uid: String,
    task_definition_arn: String,
    group: Option<String>,
    service_name: Option<String>,
    source_status: String,
    last_started: Option<String>,
    availability_zone: Option<String>,
    launch_type: Option<String>,
    private_ip_addresses: Vec<String>,
    health_status: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", default)]
struct ContainerBody {
    name: String,
    task_arn: String,
    task_definition_arn: String,
    image: Option<String>,
    image_digest: Option<String>,
}

pub(super) struct TaskShown {
    pub(super) id: String,
    pub(super) revision: String,
    pub(super) address: String,
    pub(super) started: Option<Time>,
    pub(super) zone: String,
    pub(super) launch: String,
    pub(super) health: String,
}

pub(super) struct ContainerShown {
    pub(super) name: String,
    pub(super) image: String,
    /// The first digests of what runs, and the number of others.
    pub(super) digests: Vec<String>,
    pub(super) more: usize,
    /// Whether a task does not tell its digest.
    pub(super) is_unknown: bool,
    pub(super) tasks: String,
}

/// A revision that runs.
pub(super) struct RevisionShown {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) tasks: String,
    pub(super) containers: Vec<ContainerShown>,
}

/// What runs.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) tasks: Vec<TaskShown>,
    pub(super) count: usize,
    uids: Vec<String>,
    /// By revision, container and image, the numbers of tasks by digest.
    containers: BTreeMap<(String, String, String), BTreeMap<String, i64>>,
}

impl Runs {
    /// Reads the running tasks of a workload.
    pub(super) async fn read(store: &Store, it: &Workload) -> Result<Self, StoreError> {
        let bodies = |object| {
            objects::in_cluster(
                store.read(),
                &it.registration_id,
                &it.cluster_arn,
                object,
                RECORDS,
            )
        };
        let mut runs = Self::default();
        let mut mine = HashSet::new();
        let tasks = bodies("EcsTask").await?;
        let tasks = tasks
            .iter()
            .filter_map(|body| serde_json::from_str::<TaskBody>(body).ok());
        let mut tasks: Vec<TaskBody> = tasks.filter(|task| belongs(task, it)).collect();
        tasks.sort_by(|one, two| two.last_started.cmp(&one.last_started));
        for task in tasks {
            mine.insert(task.uid.clone());
            runs.uids.push(task.uid.clone());
            if runs.tasks.len() < TASKS {
                runs.tasks.push(task_shown(task));
            }
        }
        runs.count = mine.len();
        for body in bodies("EcsContainer").await? {
            let Ok(container) = serde_json::from_str::<ContainerBody>(&body) else {
                continue;
            };
            if mine.contains(&container.task_arn) {
                let key = (
                    container.task_definition_arn,
                    container.name,
                    container.image.unwrap_or_default(),
                );
                let digests = runs.containers.entry(key).or_default();
                let digest = container.image_digest.unwrap_or_default();
                *digests.entry(digest).or_default() += 1;
            }
        }
        Ok(runs)
    }

    /// The UIDs of the running tasks, up to a limit.
    pub(super) fn uids(&self) -> Vec<String> {
        self.uids.iter().take(JUDGED).cloned().collect()
    }
}

fn belongs(task: &TaskBody, it: &Workload) -> bool {
    task.source_status == "RUNNING"
        && match it.object.as_str() {
            GROUP => task.service_name.is_none() && task.group.as_deref() == Some(&it.name),
            _ => task.service_name.as_deref() == Some(&it.name),
        }
}

fn task_shown(task: TaskBody) -> TaskShown {
    let started = task.last_started.as_deref().and_then(moment::parse);
    TaskShown {
        id: shown(short(&task.uid)),
        revision: shown(short(&task.task_definition_arn)),
        address: task.private_ip_addresses.join(", "),
        started: started.map(Time),
        zone: task.availability_zone.unwrap_or_default(),
        launch: task.launch_type.unwrap_or_default(),
        health: task.health_status.unwrap_or_default().to_lowercase(),
    }
}

/// The revisions with their containers.
pub(super) fn revisions(revisions: &[(String, i64)], runs: &Runs) -> Vec<RevisionShown> {
    let shown_of = |(revision, tasks): &(String, i64)| RevisionShown {
        name: shown(short(revision)),
        href: Address::to("/findings")
            .with("subject", revision)
            .to_string(),
        tasks: count(*tasks, "task"),
        containers: containers(revision, runs),
    };
    revisions.iter().map(shown_of).collect()
}

fn containers(revision: &str, runs: &Runs) -> Vec<ContainerShown> {
    let all = runs.containers.iter();
    let mine = all.filter(|((of, ..), _)| of == revision);
    mine.map(|((_, name, image), digests)| {
        let known = digests.keys().filter(|digest| !digest.is_empty());
        let known: Vec<String> = known.cloned().collect();
        ContainerShown {
            name: shown(name),
            image: shown(image),
            more: known.len().saturating_sub(DIGESTS),
            is_unknown: digests.contains_key(""),
            digests: known.into_iter().take(DIGESTS).collect(),
            tasks: number(digests.values().sum::<i64>()),
        }
    })
    .collect()
}
