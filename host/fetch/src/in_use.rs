//! The revisions in use: those that services, their deployments and task sets, and tasks refer to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::PoisonError;

use serde_json::value::RawValue;

use super::RegionFetch;
use portolan_page::Page;
use portolan_page::object::{Object, Shape};

/// The reason that the revisions in use are not complete.
const UNFOLLOWED: &str =
    "a page of services or tasks cannot be parsed, so revisions that they use may be missing";

impl RegionFetch {
    /// Collects the revisions that the objects of a page refer to, if the sync needs them.
    pub(super) fn note_in_use(&self, page: &Page) {
        let Some(in_use) = &self.in_use else { return };
        match revisions_in_use(page) {
            Ok(mut revisions) => {
                let mut in_use = in_use.lock().unwrap_or_else(PoisonError::into_inner);
                in_use.append(&mut revisions);
            }
            // The parser's message is not reported, because it may quote the body.
            Err(_) => {
                let key = self.key(Object::EcsTaskDefinition, None);
                self.ledger.lost(&key, UNFOLLOWED, 0);
            }
        }
    }

    /// The ARNs of the revisions in use, and the number of other resources in their place by kind: a task of
    /// a managed daemon refers to a `daemon-task-definition`, which this sync does not describe.
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

/// The kind of resource that an ARN names: `task-definition` of `arn:aws:ecs:…:task-definition/web:3`.
fn resource_type(arn: &str) -> Option<&str> {
    let (kind, _) = arn.splitn(6, ':').nth(5)?.split_once('/')?;
    Some(kind)
}

/// The kind in the ARNs of revisions.
const TASK_DEFINITION: &str = "task-definition";

/// The revisions that the services or tasks of a page refer to, and other resources in their place. Only the
/// members that name revisions are parsed, because others may hold values that `serde_json::Value` cannot
/// represent.
///
/// # Errors
/// Fails if the page cannot be parsed, so that revisions in use may be missing.
pub fn revisions_in_use(page: &Page) -> Result<BTreeSet<String>, serde_json::Error> {
    let mut found = BTreeSet::new();
    let Shape::List(list) = page.object.shape() else {
        return Ok(found);
    };
    if Object::REVISION_USERS.contains(&page.object) {
        let body: Members<'_> = serde_json::from_slice(page.body())?;
        for object in elements(&body, list) {
            references(object, &mut found)?;
        }
    }
    Ok(found)
}

type Members<'p> = HashMap<String, &'p RawValue>;

/// The elements of a member that is a list.
fn elements<'p>(members: &Members<'p>, name: &str) -> Vec<&'p RawValue> {
    let list = members
        .get(name)
        .map(|list| serde_json::from_str(list.get()));
    list.and_then(Result::ok).unwrap_or_default()
}

/// The revisions that a service or a task refers to. A name that is not an ARN (a family, which stands for
/// its newest revision) is left out: ECS always answers with ARNs.
fn references(object: &RawValue, found: &mut BTreeSet<String>) -> Result<(), serde_json::Error> {
    // A value that is not an object has no references.
    if !object.get().starts_with('{') {
        return Ok(());
    }
    let members: Members<'_> = serde_json::from_str(object.get())?;
    let text = |members: &Members<'_>, name| {
        let value = members.get(name)?;
        serde_json::from_str::<String>(value.get()).ok()
    };
    let mut named = vec![
        text(&members, "taskDefinition"),
        text(&members, "taskDefinitionArn"),
    ];
    for list in ["deployments", "taskSets"] {
        for each in elements(&members, list) {
            if each.get().starts_with('{') {
                named.push(text(&serde_json::from_str(each.get())?, "taskDefinition"));
            }
        }
    }
    let named = named.into_iter().flatten();
    found.extend(named.filter(|arn| arn.starts_with("arn:")));
    Ok(())
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
        let object = r#"{"taskDefinition":"arn:a","deployments":[{"taskDefinition":"arn:b"},null,{}],
            "taskSets":[{"taskDefinition":"arn:c","x":1e999}],"taskDefinitionArn":"arn:d","x":"\ud800",
            "other":{"taskDefinition":"arn:e"}}"#;
        let mut found = BTreeSet::new();
        for object in [object, r#"{"taskDefinition":"web","deployments":1}"#, "7"] {
            let object = serde_json::from_str(object).expect("JSON");
            references(object, &mut found).expect("followed");
        }
        let found: Vec<String> = found.into_iter().collect();
        assert_eq!(found, ["arn:a", "arn:b", "arn:c", "arn:d"]);
    }
}
