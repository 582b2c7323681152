//! What runs, out of the services and tasks of a scan.

use std::collections::HashMap;

use portolan_page::object::Object;
use serde::Deserialize;

use crate::store::rows::LoadRow;
use crate::store::workloads::{GROUP, SeenWorkload};

/// The services and groups that a scan saw.
#[derive(Debug, Default)]
pub(super) struct Runs {
    services: HashMap<(String, String), String>,
    seen: HashMap<String, SeenWorkload>,
    tasks: Vec<RunningTask>,
}

#[derive(Debug)]
struct RunningTask {
    account_id: String,
    region: String,
    cluster_arn: String,
    body: TaskBody,
}

/// What this asks of a task.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct TaskBody {
    source_status: Option<String>,
    service_name: Option<String>,
    group: Option<String>,
    task_definition_arn: Option<String>,
}

/// What this asks of a service.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct ServiceBody {
    service_name: Option<String>,
    running_count: Option<i64>,
}

impl Runs {
    pub(super) fn add(&mut self, row: &LoadRow) {
        if row.object == Object::EcsService.name() {
            self.add_service(row);
        } else if row.object == Object::EcsTask.name()
            && let Ok(body) = serde_json::from_str::<TaskBody>(&row.body)
            && body.source_status.as_deref() == Some("RUNNING")
        {
            self.tasks.push(RunningTask {
                account_id: row.account_id.clone(),
                region: row.region.clone(),
                cluster_arn: row.cluster_arn.clone(),
                body,
            });
        }
    }

    fn add_service(&mut self, row: &LoadRow) {
        let Ok(body) = serde_json::from_str::<ServiceBody>(&row.body) else {
            return;
        };
        let name = body.service_name.unwrap_or_else(|| row.name.clone());
        self.services
            .insert((row.cluster_arn.clone(), name), row.uid.clone());
        let workload = SeenWorkload {
            object: row.object.clone(),
            name: row.name.clone(),
            account_id: row.account_id.clone(),
            region: row.region.clone(),
            cluster_arn: row.cluster_arn.clone(),
            running_tasks: body.running_count,
            revisions: HashMap::new(),
        };
        self.seen.insert(row.uid.clone(), workload);
    }

    /// The workloads by UID. Their UIDs are those of subjects of TK.1.
    pub(super) fn finish(mut self) -> HashMap<String, SeenWorkload> {
        for task in std::mem::take(&mut self.tasks) {
            let (uid, object, name) = match &task.body.service_name {
                Some(name) => {
                    let key = (task.cluster_arn.clone(), name.clone());
                    let known = self.services.get(&key).cloned();
                    let made = || {
                        let place = task.cluster_arn.replacen(":cluster/", ":service/", 1);
                        format!("{place}/{name}")
                    };
                    let object = Object::EcsService.name();
                    (known.unwrap_or_else(made), object, name.clone())
                }
                None => {
                    let group = task.body.group.unwrap_or_default();
                    (format!("{}#{group}", task.cluster_arn), GROUP, group)
                }
            };
            let workload = self.seen.entry(uid).or_insert_with(|| SeenWorkload {
                object: object.to_owned(),
                name,
                account_id: task.account_id,
                region: task.region,
                cluster_arn: task.cluster_arn,
                running_tasks: None,
                revisions: HashMap::new(),
            });
            if let Some(revision) = task.body.task_definition_arn {
                *workload.revisions.entry(revision).or_default() += 1;
            }
        }
        self.seen
    }
}
