//! What a report says of the completeness of joined records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use portolan_page::ledger::{ReportEntry, SecretsScan, TagsRead};
use portolan_page::object::{Object, Parent};
use portolan_sandbox::NeededScan;

use crate::place::Place;

/// The scopes of a report, by object and place.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    scopes: HashMap<(Object, Place), Scopes>,
}

#[derive(Debug, Default)]
struct Scopes {
    /// The entry without a cluster: whether it is complete, and why not.
    whole: Option<Option<String>>,
    /// The entries of clusters, likewise.
    clusters: BTreeMap<String, Option<String>>,
    tags: Option<TagsRead>,
    secrets: Option<SecretsScan>,
    /// The `include` values that AWS refused, with the cluster of the entry.
    unread: BTreeSet<(String, Option<String>)>,
}

impl Coverage {
    pub(crate) fn new(entries: &[ReportEntry]) -> Self {
        let mut scopes: HashMap<(Object, Place), Scopes> = HashMap::new();
        for entry in entries {
            let place = Place {
                account_id: entry.account_id.to_string(),
                region: entry.region.to_string(),
            };
            let scope = scopes.entry((entry.object, place)).or_default();
            let missing = (!entry.complete).then(|| {
                let reason = entry.reason.clone();
                reason.unwrap_or_else(|| "the report does not say why".to_owned())
            });
            match &entry.cluster {
                Some(cluster) => {
                    scope.clusters.insert(cluster.clone(), missing);
                }
                None => scope.whole = Some(missing),
            }
            scope.tags = entry.tags.or(scope.tags);
            scope.secrets = entry.secrets.max(scope.secrets);
            let unread = entry.unread.iter().cloned();
            scope
                .unread
                .extend(unread.map(|include| (include, entry.cluster.clone())));
        }
        Self { scopes }
    }

    /// Why not all records of an object are known in a place, and in a cluster if one is given; `None` if they are.
    pub(crate) fn missing(
        &self,
        object: Object,
        place: &Place,
        cluster: Option<&str>,
    ) -> Option<String> {
        let told = |reason: &str| {
            format!(
                "{object} is not complete in {} {}: {reason}",
                place.account_id, place.region
            )
        };
        let scope = self.scopes.get(&(object, place.clone()));
        let Some((scope, whole)) = scope.and_then(|scope| Some((scope, scope.whole.as_ref()?)))
        else {
            return Some(format!(
                "{object} was not synced in {} {}",
                place.account_id, place.region
            ));
        };
        if let Some(reason) = whole {
            return Some(told(reason));
        }
        if object.row().parent != Parent::Cluster {
            return None;
        }
        match cluster {
            Some(cluster) => match scope.clusters.get(cluster) {
                Some(None) => None,
                Some(Some(reason)) => Some(told(&format!("in {cluster}, {reason}"))),
                None => Some(told(&format!("{cluster} was not listed"))),
            },
            None => scope.clusters.iter().find_map(|(cluster, missing)| {
                Some(told(&format!("in {cluster}, {}", missing.as_ref()?)))
            }),
        }
    }

    /// The places of the report.
    pub(crate) fn places(&self) -> BTreeSet<&Place> {
        self.scopes.keys().map(|(_, place)| place).collect()
    }

    /// Whether an object was synced in a place, wholly or not.
    pub(crate) fn has(&self, object: Object, place: &Place) -> bool {
        self.scopes.contains_key(&(object, place.clone()))
    }

    /// Whether the sync made a scan in a place, of everything there.
    pub(crate) fn has_scan(&self, scan: NeededScan, place: &Place) -> bool {
        match scan {
            NeededScan::Secrets => {
                let key = (Object::EcsContainerDefinition, place.clone());
                let scope = self.scopes.get(&key);
                scope.is_some_and(|scope| scope.secrets == Some(SecretsScan::Scanned))
            }
        }
    }

    /// The attributes of an object that only an include or another call gives, and whether they were read in a place
    /// and in a cluster.
    pub(crate) fn read(
        &self,
        object: Object,
        place: &Place,
        cluster: Option<&str>,
    ) -> BTreeMap<&'static str, bool> {
        let scope = self.scopes.get(&(object, place.clone()));
        let includes = object.row().includes.iter();
        let is_read = |include: &str| {
            let has_tags = |scope: &Scopes| {
                object != Object::EcsTaskDefinition
                    || matches!(scope.tags, Some(TagsRead::TaggingApi | TagsRead::Describe))
            };
            let is_refused = |(name, of): &(String, Option<String>)| {
                name == include && (of.is_none() || cluster.is_none() || of.as_deref() == cluster)
            };
            scope.is_some_and(|scope| !scope.unread.iter().any(is_refused) && has_tags(scope))
        };
        includes.map(|it| (it.name, is_read(it.name))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn coverage(entries: &[serde_json::Value]) -> Coverage {
        let entries = entries.iter().map(|entry| {
            let mut whole = json!({
                "account_id": "111122223333", "region": "eu-west-1", "listed": 0, "described": 0,
                "written": 0, "tombstones": 0, "rejected": 0, "failed": 0,
            });
            let all = whole.as_object_mut().expect("an object");
            all.extend(entry.as_object().cloned().expect("an object"));
            serde_json::from_value(whole).expect("an entry")
        });
        Coverage::new(&entries.collect::<Vec<ReportEntry>>())
    }

    #[test]
    fn only_what_the_report_calls_complete_is_complete() {
        let entry = |object: &str, cluster: Option<&str>, complete: bool| {
            let mut entry = json!({"object": object, "complete": complete, "reason": "denied"});
            if let Some(cluster) = cluster {
                entry["cluster"] = cluster.into();
            }
            entry
        };
        let coverage = coverage(&[
            entry("EcsCluster", None, true),
            entry("EcsTask", None, true),
            entry("EcsTask", Some("a"), true),
            entry("EcsTask", Some("b"), false),
            entry("EcsService", None, false),
            entry("EcsService", Some("a"), true),
        ]);
        let place = Place {
            account_id: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        let missing = |object, cluster| coverage.missing(object, &place, cluster);
        assert_eq!(missing(Object::EcsCluster, None), None);
        assert_eq!(missing(Object::EcsTask, Some("a")), None);
        for (object, cluster, says) in [
            (Object::EcsTask, Some("b"), "in b, denied"),
            (Object::EcsTask, Some("c"), "c was not listed"),
            (Object::EcsTask, None, "in b, denied"),
            (Object::EcsService, Some("a"), "denied"),
            (Object::EcsTaskDefinition, None, "was not synced"),
        ] {
            let said = missing(object, cluster).expect(says);
            assert!(said.contains(says), "{said}");
        }
        let elsewhere = coverage.missing(Object::EcsCluster, &Place::default(), None);
        assert!(elsewhere.is_some());
    }

    #[test]
    fn tags_that_one_cluster_refused_were_read_in_another() {
        let entry = |cluster: &str, unread: &[&str]| json!({"object": "EcsService", "cluster": cluster, "complete": true, "unread": unread});
        let coverage = coverage(&[entry("a", &["TAGS"]), entry("b", &[])]);
        let place = Place {
            account_id: "111122223333".into(),
            region: "eu-west-1".into(),
        };
        for (cluster, is_read) in [(Some("a"), false), (Some("b"), true), (None, false)] {
            let read = coverage.read(Object::EcsService, &place, cluster);
            assert_eq!(read["TAGS"], is_read, "{cluster:?}");
        }
    }
}
