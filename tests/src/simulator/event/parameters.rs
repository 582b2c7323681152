//! `requestParameters` and `responseElements`. Values that must not leave the host hold the canary.

use serde_json::{Value, json};

use super::Occurrence;
use super::actor::Actor;
use super::definition::{environment, task_definition};
use crate::simulator::capacity_provider::Provider;
use crate::simulator::kind::Kind;
use crate::simulator::place::{Revision, TaskNumber};

/// What a call asked, and what ECS answered.
pub(super) struct Parameters {
    pub(super) request: Value,
    pub(super) response: Value,
}

impl Occurrence<'_> {
    pub(super) fn cluster(&self) -> u64 {
        self.draw(30, self.place.shape.clusters)
    }

    fn cluster_arn(&self) -> String {
        let name = self.place.cluster_name(self.cluster());
        self.place.arn(format_args!("cluster/{name}")).to_string()
    }

    fn service_name(&self) -> String {
        let service = self.draw(31, self.place.shape.services);
        self.place.service_name(service)
    }

    /// The ARN of something in the cluster, such as `service/default/web-00001`.
    fn arn_in_cluster(&self, kind: &str, rest: &str) -> String {
        let cluster = self.place.cluster_name(self.cluster());
        self.place
            .arn(format_args!("{kind}/{cluster}/{rest}"))
            .to_string()
    }

    fn task_arn(&self) -> String {
        let index = self.draw(32, self.place.shape.running_tasks);
        let stopped = false;
        let id = self.place.task_id(TaskNumber { index, stopped });
        self.arn_in_cluster("task", &id)
    }

    pub(super) fn revision(&self) -> Revision {
        Revision {
            family: self.draw(33, self.place.shape.families),
            revision: 1 + self.draw(34, self.place.revisions_per_family()),
        }
    }

    fn revision_arn(&self) -> String {
        self.place.revision_arn(self.revision()).to_string()
    }

    fn network(&self) -> Value {
        let public = self.pick(35, &["DISABLED", "DISABLED", "ENABLED"]);
        json!({ "awsvpcConfiguration": {
            "subnets": [format!("subnet-{:017x}", self.seed >> 4)],
            "securityGroups": [format!("sg-{:017x}", self.seed >> 5)],
            "assignPublicIp": public,
        } })
    }
}

/// The parameters of an event of ECS.
pub(super) fn parameters(it: &Occurrence<'_>, canary: &str) -> Parameters {
    let name = it.name.text;
    let (request, response) = match name {
        _ if it.name.is_read() => (json!({ "cluster": it.cluster_arn() }), Value::Null),
        _ if name.ends_with("TaskDefinition") || name.ends_with("TaskDefinitions") => {
            of_definitions(it, canary)
        }
        "RunTask" | "StartTask" | "StopTask" | "ExecuteCommand" => of_tasks(it, canary),
        _ if name.contains("AccountSetting") => of_settings(it),
        _ if name.ends_with("TaskSet") => of_task_sets(it),
        _ if name.ends_with("Service") => of_services(it, canary),
        _ if name.contains("CapacityProvider") => of_capacity(it),
        _ if name.contains("ContainerInstance") => of_instances(it),
        "TagResource" | "UntagResource" => {
            let tags = json!([{ "key": "team", "value": "platform" }]);
            let resource = it.arn_in_cluster("service", &it.service_name());
            (
                json!({ "resourceArn": resource, "tags": tags }),
                Value::Null,
            )
        }
        _ => {
            let named = it.place.cluster_name(it.cluster());
            let setting = json!([{ "name": "containerInsights", "value": "enhanced" }]);
            let cluster = json!({ "clusterArn": it.cluster_arn(), "clusterName": named, "status": "ACTIVE", "settings": setting });
            (
                json!({ "clusterName": named, "cluster": it.cluster_arn(), "settings": setting }),
                json!({ "cluster": cluster }),
            )
        }
    };
    Parameters { request, response }
}

/// Every second one is about FIPS, some of them as AWS's first documented example, whose request names another
/// setting than its answer.
fn of_settings(it: &Occurrence<'_>) -> (Value, Value) {
    let principal = Actor::of(it).arn(it.place);
    let (asked, name) = match it.draw(40, 6) {
        0 | 1 => ("fargateFIPSMode", "fargateFIPSMode"),
        2 => ("awsvpcTrunking", "fargateFIPSMode"),
        3 => ("guardDutyActivate", "guardDutyActivate"),
        4 => ("containerInsights", "containerInsights"),
        _ => ("tagResourceAuthorization", "tagResourceAuthorization"),
    };
    if it.name.text == "DeleteAccountSetting" {
        let setting = json!({ "name": name, "value": "", "principalArn": principal });
        return (json!({ "name": name }), json!({ "setting": setting }));
    }
    let value = match (name, it.draw(41, 3)) {
        ("guardDutyActivate" | "tagResourceAuthorization", 0) => "off",
        ("guardDutyActivate" | "tagResourceAuthorization", _) => "on",
        (_, 0) => "disabled",
        _ => "enabled",
    };
    let mut request = json!({ "name": asked, "value": value });
    if it.name.text == "PutAccountSetting" && it.draw(42, 2) == 0 {
        request["principalArn"] = principal.clone().into();
    }
    let setting = json!({ "name": name, "value": value, "principalArn": principal });
    (request, json!({ "setting": setting }))
}

fn of_definitions(it: &Occurrence<'_>, canary: &str) -> (Value, Value) {
    let arn = it.revision_arn();
    match it.name.text {
        "RegisterTaskDefinition" => {
            let request = task_definition(it, canary);
            let mut registered = request.clone();
            registered["taskDefinitionArn"] = arn.into();
            registered["revision"] = it.revision().revision.into();
            registered["status"] = "ACTIVE".into();
            (request, json!({ "taskDefinition": registered }))
        }
        "DeregisterTaskDefinition" => {
            let mut definition = task_definition(it, canary);
            definition["taskDefinitionArn"] = arn.clone().into();
            definition["status"] = "INACTIVE".into();
            (
                json!({ "taskDefinition": arn }),
                json!({ "taskDefinition": definition }),
            )
        }
        _ => (
            json!({ "taskDefinitions": [arn] }),
            json!({ "taskDefinitions": [task_definition(it, canary)], "failures": [] }),
        ),
    }
}

fn of_tasks(it: &Occurrence<'_>, canary: &str) -> (Value, Value) {
    let (cluster, task) = (it.cluster_arn(), it.task_arn());
    match it.name.text {
        "ExecuteCommand" => (
            json!({
                "cluster": it.place.cluster_name(it.cluster()),
                "container": "main",
                "command": format!("/bin/sh -c \"PASSWORD='{canary}' login\""),
                "interactive": true,
                "task": task,
            }),
            json!({
                "clusterArn": cluster,
                "containerName": "main",
                "interactive": true,
                "session": {
                    "sessionId": format!("ecs-execute-command-{:017x}", it.seed >> 4),
                    "streamUrl": "wss://ssmmessages.example.com/v1/data-channel",
                    "tokenValue": format!("{canary}-{}", it.number),
                },
                "taskArn": task,
            }),
        ),
        "StopTask" => (
            json!({ "cluster": cluster, "task": task, "reason": "a newer one runs" }),
            json!({ "task": {
                "taskArn": task,
                "clusterArn": cluster,
                "overrides": overrides(it, canary),
                "desiredStatus": "STOPPED",
            } }),
        ),
        _ => (
            json!({
                "cluster": cluster,
                "count": 1,
                "taskDefinition": it.revision_arn(),
                "launchType": Kind::of(it.number).launch_type(),
                "networkConfiguration": it.network(),
                "overrides": overrides(it, canary),
                "startedBy": "nightly-batch",
            }),
            json!({
                "tasks": [{
                    "taskArn": task,
                    "clusterArn": cluster,
                    "taskDefinitionArn": it.revision_arn(),
                    "overrides": overrides(it, canary),
                    "lastStatus": "PROVISIONING",
                }],
                "failures": [],
            }),
        ),
    }
}

fn overrides(it: &Occurrence<'_>, canary: &str) -> Value {
    let mut overrides = json!({
        "containerOverrides": [
            { "name": "main", "environment": environment(it, canary) },
            { "name": "envoy" },
        ],
    });
    if it.draw(43, 4) == 0 {
        let role = format!("arn:{}:iam::{}:role", it.place.partition, it.place.account);
        overrides["taskRoleArn"] = format!("{role}/one-off").into();
    }
    overrides
}

fn of_services(it: &Occurrence<'_>, canary: &str) -> (Value, Value) {
    let (cluster, name) = (it.cluster_arn(), it.service_name());
    let options = json!({ "splunk-url": "https://splunk.example.com", "splunk-token": canary });
    let connect = json!({
        "enabled": true,
        "logConfiguration": { "logDriver": "splunk", "options": options },
    });
    let request = json!({
        "cluster": cluster,
        "service": name,
        "serviceName": name,
        "taskDefinition": it.revision_arn(),
        "desiredCount": 1 + it.draw(44, 25),
        "networkConfiguration": it.network(),
        "serviceConnectConfiguration": connect,
    });
    let service = json!({
        "serviceArn": it.arn_in_cluster("service", &name),
        "serviceName": name,
        "clusterArn": cluster,
        "status": "ACTIVE",
        "deployments": [{ "status": "PRIMARY", "serviceConnectConfiguration": connect }],
    });
    (request, json!({ "service": service }))
}

fn of_task_sets(it: &Occurrence<'_>) -> (Value, Value) {
    let service = it.service_name();
    let id = format!("ecs-svc/{:019}", it.seed >> 4);
    let arn = it.arn_in_cluster("task-set", &format!("{service}/{id}"));
    let set = json!({ "taskSetArn": arn, "id": id, "status": "ACTIVE" });
    (
        json!({ "cluster": it.cluster_arn(), "service": service, "taskSet": id }),
        json!({ "taskSet": set }),
    )
}

fn of_capacity(it: &Occurrence<'_>) -> (Value, Value) {
    let cluster = it.cluster();
    if it.name.text == "PutClusterCapacityProviders" {
        let named: Vec<_> = Provider::named_by(cluster).map(Provider::name).collect();
        let answered = json!({ "clusterArn": it.cluster_arn(), "capacityProviders": named });
        return (
            json!({ "cluster": it.cluster_arn(), "capacityProviders": named }),
            json!({ "cluster": answered }),
        );
    }
    let name = Provider::Group(it.draw(45, 11)).name();
    let arn = it
        .place
        .arn(format!("capacity-provider/{name}"))
        .to_string();
    let provider = json!({ "capacityProviderArn": arn, "name": name });
    (
        json!({ "name": name, "capacityProvider": name }),
        json!({ "capacityProvider": provider }),
    )
}

fn of_instances(it: &Occurrence<'_>) -> (Value, Value) {
    let arn = it.arn_in_cluster("container-instance", &format!("{:032x}", it.seed));
    let instance = json!({ "containerInstanceArn": arn, "status": "ACTIVE" });
    if it.name.text == "UpdateContainerInstancesState" {
        return (
            json!({ "cluster": it.cluster_arn(), "containerInstances": [arn], "status": "DRAINING" }),
            json!({ "containerInstances": [instance], "failures": [] }),
        );
    }
    // The document holds no environment, but it is JSON in a string of its own.
    let document = json!({ "instanceId": "i-0123456789abcdef0", "region": it.place.region });
    (
        json!({
            "cluster": it.cluster_arn(),
            "containerInstance": arn,
            "instanceIdentityDocument": document.to_string(),
            "instanceIdentityDocumentSignature": "HIDDEN_DUE_TO_SECURITY_REASONS",
        }),
        json!({ "containerInstance": instance }),
    )
}
