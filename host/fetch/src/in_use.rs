//! Which revisions are in use: those that services, their deployments and task sets, and tasks name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use serde_json::Value;

use super::RegionFetch;
use portolan_page::object::Object;
use portolan_page::page::Page;

impl RegionFetch {
    /// Remembers the revisions that the objects of a page refer to, if somebody wants to know.
    pub(super) fn note_in_use(&self, page: &Page) {
        let Some(in_use) = &self.in_use else { return };
        in_use
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .append(&mut revisions_in_use(page));
    }

    /// The revisions in use, by ARN, and how many resources of each other kind stand in their place: a task of
    /// a managed daemon names a `daemon-task-definition`, which no operation of this sync describes.
    pub(super) fn in_use(&self) -> (BTreeSet<String>, BTreeMap<String, u64>) {
        let (mut revisions, mut others) = (BTreeSet::new(), BTreeMap::new());
        let Some(in_use) = &self.in_use else {
            return (revisions, others);
        };
        for arn in in_use.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            match resource_type(arn) {
                Some(other) if other != TASK_DEFINITION => {
                    *others.entry(other.to_owned()).or_default() += 1;
                }
                _ => {
                    revisions.insert(arn.clone());
                }
            }
        }
        (revisions, others)
    }
}

/// What kind of resource an ARN names: `task-definition` of `arn:aws:ecs:…:task-definition/web:3`.
fn resource_type(arn: &str) -> Option<&str> {
    let (kind, _) = arn.splitn(6, ':').nth(5)?.split_once('/')?;
    Some(kind)
}

/// How ARNs of revisions name their kind.
const TASK_DEFINITION: &str = "task-definition";

/// The revisions that the services or tasks of a page name, and what else stands in their place.
pub fn revisions_in_use(page: &Page) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if !Object::REVISION_USERS.contains(&page.object) {
        return found;
    }
    // A page has been read as JSON already, so that this gives a value.
    let body: Value = serde_json::from_slice(page.body()).unwrap_or_default();
    for object in ["services", "tasks"]
        .iter()
        .flat_map(|list| body[list].as_array().into_iter().flatten())
    {
        references(object, &mut found);
    }
    found
}

/// The revisions that a service or a task names. A name that is no ARN of a revision (a family, whose
/// newest revision ECS would take) is left out: ECS itself always answers with ARNs.
fn references(object: &Value, found: &mut BTreeSet<String>) {
    let own = [&object["taskDefinition"], &object["taskDefinitionArn"]];
    let below = ["deployments", "taskSets"]
        .iter()
        .flat_map(|list| object[list].as_array().into_iter().flatten())
        .map(|each| &each["taskDefinition"]);
    found.extend(
        own.into_iter()
            .chain(below)
            .filter_map(Value::as_str)
            .filter(|arn| arn.starts_with("arn:"))
            .map(str::to_owned),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_its_kind() {
        let arn = |rest: &str| format!("arn:aws:ecs:us-east-1:123456789012:{rest}");
        assert_eq!(
            resource_type(&arn("task-definition/web:3")),
            Some(TASK_DEFINITION)
        );
        let daemon = arn("daemon-task-definition/agent:2");
        assert_eq!(resource_type(&daemon), Some("daemon-task-definition"));
        assert_eq!(resource_type("arn:a"), None);
    }

    #[test]
    fn services_deployments_task_sets_and_tasks_name_revisions() {
        let object = serde_json::json!({
            "taskDefinition": "arn:a",
            "deployments": [{"taskDefinition": "arn:b"}, null, {}],
            "taskSets": [{"taskDefinition": "arn:c"}],
            "taskDefinitionArn": "arn:d",
            "other": {"taskDefinition": "arn:e"},
        });
        let mut found = BTreeSet::new();
        references(&object, &mut found);
        references(
            &serde_json::json!({"taskDefinition": "web", "deployments": 1}),
            &mut found,
        );
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["arn:a", "arn:b", "arn:c", "arn:d"]
        );
    }
}
