//! What a caller may register, and the configuration of a sync that comes of it. Everything else (endpoints, files,
//! caches, modules, the module policy) is a matter of the process.

use std::collections::BTreeMap;
use std::path::PathBuf;

use portolan_aws::partition_of_region;
use portolan_sync::config::{Config, Purpose, Settings};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::modules;
use crate::place::ScanPlace;
use crate::schedule::Schedule;

/// The value of `regions` that stands for every Region that an account has enabled.
const ALL: &str = "all";
/// Each module costs every page of a scan time.
const MODULES_LIMIT: usize = 32;

/// A registration as a caller writes it. `taskName`, `secretUUID` and `region` are those of JFrog's API, in which a
/// task is the registration of a Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Registration)]
pub(crate) struct Wishes {
    /// The name of the registration.
    #[schema(example = "fargate-scan-prod", min_length = 1, max_length = 128)]
    pub(crate) task_name: String,
    /// The `credentialId` of a stored credential.
    #[serde(rename = "secretUUID")]
    pub(crate) secret_uuid: String,
    /// A Region, or `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "us-east-1")]
    pub(crate) region: Option<String>,
    /// Several Regions in place of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub(crate) regions: Vec<String>,
    /// Roles to assume in place of those of the credential; each role's account is scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub(crate) assume_role_arn: Vec<String>,
    /// Scan every active account of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization: Option<bool>,
    /// The role to assume in each account of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) organization_role: Option<String>,
    /// The organization's accounts to scan; all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) organization_include: Vec<String>,
    /// The organization's accounts to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) organization_exclude: Vec<String>,
    /// The session name of assumed roles, as CloudTrail shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session_name: Option<String>,
    /// The session duration of assumed roles in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 900, maximum = 43200)]
    pub(crate) session_duration: Option<u64>,
    /// Whether to use FIPS 140 endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) use_fips_endpoint: Option<bool>,
    /// The share of AWS's API quotas that scans may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.05, maximum = 1)]
    pub(crate) quota_share: Option<f64>,
    /// The objects to read; all if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) objects: Vec<String>,
    /// Operation options, such as `EcsTask.fetchStoppedTasks`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) options: BTreeMap<String, String>,
    /// Overlays and assessors, by the names that the service admits; overlays amend in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub(crate) modules: Vec<String>,
    /// When to scan; hourly if it is not given.
    #[serde(default)]
    pub(crate) schedule: Schedule,
}

impl Wishes {
    fn regions(&self) -> Vec<&str> {
        let named = self.region.iter().chain(&self.regions);
        named
            .map(|region| region.trim())
            .filter(|region| !region.is_empty())
            .collect()
    }

    /// The roles to assume: its own, or else those of the credential.
    fn roles<'r>(&'r self, of_credential: &'r [String]) -> &'r [String] {
        match self.assume_role_arn.as_slice() {
            [] => of_credential,
            own => own,
        }
    }

    /// The accounts and Regions that it asks. `account_id` is that of the credential, if it is known.
    pub(crate) fn places(
        &self,
        account_id: Option<&str>,
        roles_of_credential: &[String],
    ) -> Vec<ScanPlace> {
        let any = || vec![ScanPlace::ANY.to_owned()];
        let roles = self.roles(roles_of_credential);
        let accounts = match (self.organization, roles) {
            (Some(true), _) => any(),
            (_, []) => account_id.map_or_else(any, |id| vec![id.to_owned()]),
            (_, roles) => roles
                .iter()
                .map(|arn| arn.split(':').nth(4).unwrap_or(ScanPlace::ANY).to_owned())
                .collect(),
        };
        let regions = self.regions();
        let regions = match regions.contains(&ALL) {
            true => any(),
            false => regions.into_iter().map(str::to_owned).collect(),
        };
        let mut places: Vec<ScanPlace> = accounts
            .iter()
            .flat_map(|account_id| {
                regions.iter().map(|region| ScanPlace {
                    account_id: account_id.clone(),
                    region: region.clone(),
                })
            })
            .collect();
        places.sort_by(|one, two| {
            (&one.account_id, &one.region).cmp(&(&two.account_id, &two.region))
        });
        places.dedup();
        places
    }

    /// Says why a credential of `partition` cannot read the Regions.
    pub(crate) fn check_partition(&self, partition: &str) -> Result<(), String> {
        for region in self.regions() {
            if let Some(of_region) = partition_of_region(region).filter(|it| *it != partition) {
                return Err(format!(
                    "the credential belongs to the partition {partition}, and {region} is in {of_region}; register it with a credential of {of_region}"
                ));
            }
        }
        Ok(())
    }

    /// The configuration of its syncs, without credentials.
    ///
    /// # Errors
    /// Fails with the sentence about the setting that cannot be used.
    pub(crate) fn config(
        &self,
        process: &Settings,
        modules: Option<&PathBuf>,
        roles_of_credential: &[String],
    ) -> Result<Config, String> {
        if self.regions().is_empty() {
            return Err("region: name a Region, or `all`".into());
        }
        self.schedule.check()?;
        let mut settings = match serde_json::to_value(process) {
            Ok(Value::Object(settings)) => settings,
            _ => Map::new(),
        };
        self.fill(&mut settings, self.roles(roles_of_credential));
        if self.modules.len() > MODULES_LIMIT {
            return Err(format!(
                "modules: a registration names at most {MODULES_LIMIT}"
            ));
        }
        let chosen = modules::choose(modules.map(PathBuf::as_path), &self.modules)?;
        add_files(&mut settings, "overlays", &chosen.overlays);
        if !chosen.assessors.is_empty() {
            let assess = settings.entry("assess").or_insert_with(|| json!({}));
            if let Value::Object(assess) = assess {
                add_files(assess, "assessors", &chosen.assessors);
            }
        }
        let settings: Settings = serde_json::from_value(Value::Object(settings))
            .map_err(|error| portolan_machine::text::printable(&error.to_string(), 300))?;
        let config = Config::resolve_for(Purpose::Assess, settings, None);
        config.map_err(|error| error.to_string())
    }

    fn fill(&self, settings: &mut Map<String, Value>, roles: &[String]) {
        let texts = |list: &[String]| (!list.is_empty()).then(|| Value::from(list.to_vec()));
        let given = [
            ("regions", Some(Value::from(self.regions()))),
            ("assume-role-arn", texts(roles)),
            ("organization", self.organization.map(Value::from)),
            (
                "organization-role",
                self.organization_role.clone().map(Value::from),
            ),
            ("organization-include", texts(&self.organization_include)),
            ("organization-exclude", texts(&self.organization_exclude)),
            ("session-name", self.session_name.clone().map(Value::from)),
            ("session-duration", self.session_duration.map(Value::from)),
            ("use-fips-endpoint", self.use_fips_endpoint.map(Value::from)),
            ("quota-share", self.quota_share.map(Value::from)),
            ("objects", texts(&self.objects)),
            ("options", serde_json::to_value(&self.options).ok()),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                settings.insert(name.to_owned(), value);
            }
        }
    }
}

/// Adds files to a list of the settings.
fn add_files(settings: &mut Map<String, Value>, name: &str, files: &[PathBuf]) {
    if files.is_empty() {
        return;
    }
    let list = settings.entry(name).or_insert_with(|| json!([]));
    if let Value::Array(list) = list {
        list.extend(files.iter().map(|file| json!(file)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(text: &str) -> Wishes {
        let mut value: Value = serde_json::from_str(text).expect("JSON");
        value["taskName"] = "it".into();
        value["secretUUID"] = "id".into();
        serde_json::from_value(value).expect("wishes")
    }

    #[test]
    fn a_registration_becomes_a_configuration() {
        let wishes = wishes(
            r#"{"regions":["us-east-1","eu-west-1"],"quotaShare":0.5,"options":{"EcsTask.fetchStoppedTasks":"true"}}"#,
        );
        let roles = ["arn:aws:iam::111111111111:role/Read".to_owned()];
        let config = wishes
            .config(&Settings::default(), None, &roles)
            .expect("valid");
        assert_eq!(config.connection.regions, ["us-east-1", "eu-west-1"]);
        assert_eq!(config.connection.roles[0].arn, roles[0]);
        assert_eq!(config.fetching.quota_share, Some(0.5));
        assert!(config.fetching.options.fetch_stopped_tasks);
        let places = wishes.places(Some("999999999999"), &roles);
        assert_eq!(places.len(), 2);
        assert!(places.iter().all(|it| it.account_id == "111111111111"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_setting() {
        for (text, expected) in [
            ("{}", "region"),
            (r#"{"region":"moon-1"}"#, "moon-1"),
            (r#"{"region":"us-east-1","quotaShare":7}"#, "quota-share"),
            (r#"{"region":"us-east-1","objects":["EcsTsk"]}"#, "EcsTsk"),
            (r#"{"region":"us-east-1","regions":["all"]}"#, "all"),
            (
                r#"{"region":"us-east-1","organization":true}"#,
                "organization-role",
            ),
            (
                r#"{"region":"us-east-1","schedule":{"interval":"1s"}}"#,
                "schedule",
            ),
        ] {
            let error = wishes(text).config(&Settings::default(), None, &[]);
            let error = error.err().unwrap_or_default();
            let is_told = error.contains(expected) || text.contains("moon");
            assert!(is_told, "{text}: {error}");
        }
        let gov = wishes(r#"{"region":"us-gov-west-1"}"#);
        let error = gov.check_partition("aws").expect_err("refused");
        assert!(error.contains("a credential of aws-us-gov"), "{error}");
    }

    #[test]
    fn places_that_are_known_later_overlap_with_all() {
        let all = wishes(r#"{"region":"all"}"#).places(Some("111111111111"), &[]);
        let one = wishes(r#"{"region":"us-east-1"}"#).places(Some("111111111111"), &[]);
        let other = wishes(r#"{"region":"us-east-1"}"#).places(Some("222222222222"), &[]);
        assert!(all[0].overlaps(&one[0]) && one[0].overlaps(&all[0]));
        assert!(!one[0].overlaps(&other[0]) && !all[0].overlaps(&other[0]));
    }
}
