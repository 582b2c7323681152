//! Whether a missing record proves that its object is gone: only if a sync is known to have seen all objects.

use portolan_page::{AccountId, RegionName};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;

use super::compare::RecordMembers;
use portolan_page::ledger::{ReportEntry, TagsRead};
use portolan_page::object::{Include, Object, Parent};

/// The operation option that selects the revisions of task definitions.
const SCOPE: &str = "EcsTaskDefinition.scope";
/// Its values that select revisions by their users.
const USED: [&str; 2] = ["in-use", "current"];

/// The scopes that a sync completed, from its report. Reports of other versions can be read if they have
/// these members.
#[derive(Debug, Deserialize)]
pub struct SeenScopes {
    pub(super) captured_at: String,
    #[serde(default)]
    options: BTreeMap<String, String>,
    #[serde(default)]
    data_replaced: bool,
    scopes: Vec<CoveredScope>,
    #[serde(skip)]
    by_place: HashMap<(Object, AccountId, RegionName), Clusters>,
}

#[derive(Debug, Deserialize)]
struct CoveredScope {
    account_id: AccountId,
    region: RegionName,
    cluster: Option<String>,
    object: Object,
    complete: bool,
    #[serde(default)]
    unread: BTreeSet<String>,
    #[serde(default)]
    tags: Option<TagsRead>,
}

/// The clusters of an object in an account and Region.
#[derive(Debug, Default)]
struct Clusters {
    /// Whether the scope without a cluster exists and is complete; for services and tasks, whether all
    /// clusters are known.
    whole: bool,
    /// Whether the scope of each cluster is complete.
    by_arn: HashMap<String, bool>,
    /// The `include` values that AWS refused in any of its scopes.
    unread: BTreeSet<String>,
}

impl SeenScopes {
    /// Reads a `report.json`.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let coverage: Self = serde_json::from_slice(text).ok()?;
        Some(coverage.sorted())
    }

    /// The scopes of a sync, from the parts of its report.
    #[must_use]
    pub fn new(
        captured_at: &str,
        options: &BTreeMap<String, String>,
        data_replaced: bool,
        scopes: &[ReportEntry],
    ) -> Self {
        let scopes = scopes.iter().map(|scope| CoveredScope {
            account_id: scope.account_id.clone(),
            region: scope.region.clone(),
            cluster: scope.cluster.clone(),
            object: scope.object,
            complete: scope.complete,
            unread: scope.unread.clone(),
            tags: scope.tags,
        });
        Self {
            captured_at: captured_at.to_owned(),
            options: options.clone(),
            data_replaced,
            scopes: scopes.collect(),
            by_place: HashMap::new(),
        }
        .sorted()
    }

    fn sorted(mut self) -> Self {
        for scope in std::mem::take(&mut self.scopes) {
            let place = (scope.object, scope.account_id, scope.region);
            let clusters = self.by_place.entry(place).or_default();
            clusters.unread.extend(scope.unread);
            let has_tags = scope.tags.is_some_and(|tags| tags != TagsRead::NotRead);
            if scope.object == Object::EcsTaskDefinition && !has_tags {
                clusters.unread.insert(Include::TAGS.name.to_owned());
            }
            match scope.cluster {
                None => clusters.whole = scope.complete,
                Some(arn) => {
                    clusters.by_arn.insert(arn, scope.complete);
                }
            }
        }
        self
    }

    /// The `include` values that AWS refused for a record.
    pub fn unread(&self, object: Object, record: &[u8]) -> Vec<String> {
        if self.by_place.values().all(|place| place.unread.is_empty()) {
            return Vec::new();
        }
        RecordMembers::read(record).map_or(Vec::new(), |record| self.unread_of(object, &record))
    }

    pub(super) fn unread_of(&self, object: Object, record: &RecordMembers<'_>) -> Vec<String> {
        let place = record.text("ACCOUNT_ID").zip(record.text("REGION"));
        let place = place.map(|(account_id, region)| (object, account_id.into(), region.into()));
        let clusters = place.and_then(|place| self.by_place.get(&place));
        clusters.map_or(Vec::new(), |it| it.unread.iter().cloned().collect())
    }

    /// Whether there are records for this report.
    pub(super) const fn has_data(&self) -> bool {
        self.data_replaced
    }

    /// Whether two syncs had the same options for an object. Stopped tasks that are missing because they were
    /// not requested are not gone.
    #[must_use]
    pub fn asked_alike(&self, other: &Self, object: Object) -> bool {
        // Parts come from the calls of their whole, under its options.
        let prefix = format!("{}.", object.fetched());
        let of = |coverage: &Self| -> Vec<(String, String)> {
            let options = coverage.options.iter();
            let options = options.filter(|(key, _)| key.starts_with(&prefix));
            options
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        of(self) == of(other)
    }

    /// Whether this sync would have seen the object of `record` if it had existed.
    pub(super) fn proves_absence(&self, object: Object, record: &RecordMembers<'_>) -> bool {
        let place = record.text("ACCOUNT_ID").zip(record.text("REGION"));
        let cluster = record.text("CLUSTER_ARN");
        place.is_some_and(|(account_id, region)| {
            self.proves_absence_at(object, &account_id, &region, cluster.as_deref())
        })
    }

    /// Whether this sync would have seen an object of this place if it had existed.
    #[must_use]
    pub fn proves_absence_at(
        &self,
        object: Object,
        account_id: &str,
        region: &str,
        cluster_arn: Option<&str>,
    ) -> bool {
        // An event stays; only the window moves on.
        if object == Object::EcsAuditEvent {
            return false;
        }
        let (account_id, region) = (AccountId::from(account_id), RegionName::from(region));
        let in_place = |object| {
            let place = (object, account_id.clone(), region.clone());
            self.by_place.get(&place)
        };
        let Some(clusters) = in_place(object) else {
            return false;
        };
        if !clusters.whole {
            return false;
        }
        let scope = self.options.get(SCOPE).map(String::as_str);
        let is_in_use = scope.is_some_and(|scope| USED.contains(&scope));
        if object.fetched() == Object::EcsTaskDefinition && is_in_use {
            // A service that was not seen may use the revision.
            return Object::REVISION_USERS.into_iter().all(|user| {
                in_place(user)
                    .is_some_and(|it| it.whole && it.by_arn.values().all(|complete| *complete))
            });
        }
        if object.row().parent == Parent::Region {
            return true;
        }
        match cluster_arn {
            // If a complete listing does not contain the cluster, its objects are gone too.
            Some(arn) => clusters.by_arn.get(arn).copied().unwrap_or(true),
            None => clusters.by_arn.values().all(|complete| *complete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portolan_page::object::Operation;

    fn coverage(scopes: &str) -> SeenScopes {
        let text = format!(
            r#"{{"captured_at":"2026-11-25T00:00:00.000Z","new_member":1,"scopes":[{scopes}]}}"#
        );
        SeenScopes::read(text.as_bytes()).expect("a report")
    }

    fn scope(object: &str, cluster: Option<&str>, complete: bool) -> String {
        let cluster = cluster.map_or(String::new(), |arn| format!(r#""cluster":"{arn}","#));
        format!(
            r#"{{"account_id":"1","region":"r",{cluster}"object":"{object}","complete":{complete}}}"#
        )
    }

    fn proves(coverage: &SeenScopes, object: Object, cluster: Option<&str>) -> bool {
        let cluster = cluster.map_or(String::new(), |arn| format!(r#","CLUSTER_ARN":"{arn}""#));
        let record = format!(r#"{{"UID":"u","ACCOUNT_ID":"1","REGION":"r"{cluster}}}"#);
        coverage.proves_absence(
            object,
            &RecordMembers::read(record.as_bytes()).expect("a record"),
        )
    }

    #[test]
    fn only_a_complete_scope_proves_absence() {
        let scopes = [
            scope("EcsCluster", None, false),
            scope("EcsTask", None, true),
            scope("EcsTask", Some("a"), true),
            scope("EcsTask", Some("b"), false),
        ];
        let coverage = coverage(&scopes.join(","));
        assert!(!proves(&coverage, Object::EcsCluster, None));
        assert!(
            !proves(&coverage, Object::EcsService, Some("a")),
            "not synced"
        );
        assert!(proves(&coverage, Object::EcsTask, Some("a")));
        assert!(!proves(&coverage, Object::EcsTask, Some("b")));
        assert!(proves(&coverage, Object::EcsTask, Some("gone")));
        assert!(!proves(&coverage, Object::EcsTask, None), "it may be in b");
    }

    #[test]
    fn revisions_in_use_are_gone_only_where_all_their_users_were_seen() {
        let with = |services: bool| {
            let scopes = [
                scope("EcsTaskDefinition", None, true),
                scope("EcsTask", None, true),
                scope("EcsService", None, true),
                scope("EcsService", Some("a"), services),
            ];
            let mut coverage = coverage(&scopes.join(","));
            coverage.options.insert(SCOPE.into(), "in-use".into());
            coverage
        };
        assert!(proves(&with(true), Object::EcsTaskDefinition, None));
        assert!(!proves(&with(false), Object::EcsTaskDefinition, None));
    }

    #[test]
    fn clusters_that_could_not_be_listed_prove_nothing() {
        let coverage = coverage(&scope("EcsService", None, false));
        assert!(!proves(&coverage, Object::EcsService, Some("a")));
    }

    /// An object of clusters whose row does not say so would be reported as removed with the first cluster
    /// that cannot be listed.
    #[test]
    fn what_clusters_hold_is_gone_only_where_its_cluster_was_seen() {
        for object in Object::ALL {
            let scopes = [
                scope(object.name(), None, true),
                scope(object.name(), Some("a"), true),
                scope(object.name(), Some("b"), false),
            ];
            let coverage = coverage(&scopes.join(","));
            let is_of_clusters = object.operations().first() == Some(&Operation::ListClusters)
                && object != Object::EcsCluster
                && object != Object::EcsCapacityProvider;
            let may_go = object != Object::EcsAuditEvent;
            for (cluster, is_gone) in [(Some("a"), may_go), (Some("b"), may_go && !is_of_clusters)]
            {
                let found = proves(&coverage, object, cluster);
                assert_eq!(found, is_gone, "{object} in {cluster:?}");
            }
        }
    }
}
