//! Task definitions and environments in events.

use serde_json::{Value, json};

use super::Occurrence;
use crate::simulator::kind::Kind;

/// What CloudTrail writes in place of a value that ECS calls sensitive.
const HIDDEN: &str = "HIDDEN_DUE_TO_SECURITY_REASONS";

/// Variables: as ECS has them, as JSON in a string, hidden by CloudTrail, or in a shape that ECS does not have.
pub(super) fn environment(it: &Occurrence<'_>, canary: &str) -> Value {
    let secret = format!("{canary}-event-{}", it.number);
    // Escaped once in the record, and once more in the answer.
    let document = json!({ "password": secret, "inner": json!({ "token": secret }).to_string() });
    let variables = json!([
        { "name": "DATABASE_URL", "value": secret },
        { "name": "CONFIG", "value": document.to_string() },
    ]);
    match it.draw(50, 5) {
        0 | 1 => variables,
        2 => variables.to_string().into(),
        3 => HIDDEN.into(),
        _ => json!([{ "name": "CONFIG", "value": { "lines": [document], "raw": secret } }]),
    }
}

/// A task definition, in the members that requests and answers share.
pub(super) fn task_definition(it: &Occurrence<'_>, canary: &str) -> Value {
    let (place, revision) = (it.place, it.revision());
    let kind = Kind::of(revision.family);
    let role = format!("arn:{}:iam::{}:role", place.partition, place.account);
    let family = place.family_name(revision.family);
    let containers: Vec<_> = (0..1 + it.draw(51, 3))
        .map(|number| container(it, canary, &family, number))
        .collect();
    let mut definition = json!({
        "family": family,
        "taskRoleArn": format!("{role}/app-{}", revision.family),
        "executionRoleArn": format!("{role}/ecsTaskExecutionRole"),
        "networkMode": kind.network_mode(),
        "containerDefinitions": containers,
        "volumes": [{
            "name": "shared",
            "dockerVolumeConfiguration": { "driverOpts": { "o": "addr=10.0.0.9", "password": canary } },
        }],
        "requiresCompatibilities": [kind.launch_type()],
    });
    if kind == Kind::Ec2Host {
        let docker = json!({ "name": "docker", "host": { "sourcePath": "/var/run/docker.sock" } });
        definition["pidMode"] = "host".into();
        definition["ipcMode"] = "host".into();
        if let Some(volumes) = definition["volumes"].as_array_mut() {
            volumes.push(docker);
        }
    }
    definition
}

fn container(it: &Occurrence<'_>, canary: &str, family: &str, number: u64) -> Value {
    let registry = match it.draw(52, 8) {
        0 => "docker.io/unknown".to_owned(),
        _ => format!(
            "{}.dkr.ecr.{}.amazonaws.com",
            it.place.account, it.place.region
        ),
    };
    let name = ["main", "envoy", "log-router"][(number % 3) as usize];
    let mut container = json!({
        "name": name,
        "image": format!("{registry}/{family}:v{}", it.number),
        "essential": number == 0,
        "environment": environment(it, canary),
        "dockerLabels": { "tier": "web", "com.example.api-token": canary },
        "logConfiguration": {
            "logDriver": "splunk",
            "options": { "splunk-url": "https://splunk.example.com", "splunk-token": canary },
        },
    });
    // A request without the member leaves it to the default.
    if it.draw(53, 2) == 0 {
        container["privileged"] = (it.draw(54, 4) == 0).into();
    }
    container
}
