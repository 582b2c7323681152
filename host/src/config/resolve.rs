//! From what was written to what it means.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    Config, ConfigError, Options, Organization, QuotaRules, RevisionTags, Settings, file, fips,
    identity, modules, revisions,
};
use crate::object::Object;

/// Stands for every Region that an account has enabled.
const ALL_REGIONS: &str = "all";

/// The most that a List operation of ECS gives in one page.
const PAGE_SIZE_LIMIT: u64 = 100;

/// With a smaller share of a bucket of 50 a single call would not fit.
const LEAST_SHARE: f64 = 0.05;

impl Config {
    /// Makes a configuration of flags and environment (`given`) and a configuration file.
    ///
    /// # Errors
    /// If the file cannot be read or a setting cannot be used; the error names it and what would be right.
    pub fn resolve(given: Settings, config_file: Option<&Path>) -> Result<Self, ConfigError> {
        let settings = match config_file {
            Some(path) => given.over(file::read(path)?)?,
            None => given,
        };
        let cache_folder = settings.cache_folder.clone().or_else(default_cache_folder);
        let all_regions = asks_for_all(settings.regions.as_deref())?;
        let config = Self {
            access_keys: identity::access_keys(&settings)?,
            regions: if all_regions {
                Vec::new()
            } else {
                regions(settings.regions.unwrap_or_default())?
            },
            all_regions,
            roles: identity::roles(
                settings.assume_role_arn.unwrap_or_default(),
                settings.assume_role_arn_file.as_deref(),
            )?,
            organization: organization(
                settings.organization,
                settings.organization_role.as_deref(),
                &settings.organization_include.unwrap_or_default(),
                &settings.organization_exclude.unwrap_or_default(),
            )?,
            shard: settings
                .shard
                .map(|shard| shard.parse())
                .transpose()
                .map_err(|reason| invalid("shard", reason))?,
            parallel_scopes: usize::try_from(within(
                "parallel-scopes",
                settings.parallel_scopes.unwrap_or(16),
                1..=1024,
                "accounts and Regions",
            )?)
            .unwrap_or(usize::MAX),
            session_name: identity::session_name(settings.session_name)?,
            session_duration: Duration::from_secs(within(
                "session-duration",
                settings.session_duration.unwrap_or(3600),
                900..=43_200,
                "seconds",
            )?),
            page_size: page_size(settings.page_size.unwrap_or(100))?,
            parallel_requests: usize::try_from(within(
                "parallel-requests",
                settings.parallel_requests.unwrap_or(8),
                1..=256,
                "requests",
            )?)
            .unwrap_or(usize::MAX),
            maximum_retries: u32::try_from(within(
                "maximum-retries",
                settings.maximum_retries.unwrap_or(10),
                0..=100,
                "retries",
            )?)
            .unwrap_or(u32::MAX),
            quota_share: quota_share(settings.quotas, settings.quota_share)?,
            endpoint_url: endpoint_url(settings.endpoint_url.clone())?,
            ca_bundle: settings.ca_bundle,
            use_fips_endpoint: settings.use_fips_endpoint,
            objects: objects(settings.objects)?,
            options: Options::resolve(&settings.options.unwrap_or_default())?,
            volatile_attributes: volatile_attributes(settings.volatile_attributes),
            mappers: settings.mappers,
            overlays: settings.overlays.unwrap_or_default(),
            modules: modules::in_range(settings.modules.unwrap_or_default())?,
            module_policy: settings.module_policy,
            trusted_keys: settings.trusted_keys.unwrap_or_default(),
            revision_cache: revisions::cache_file(
                settings.revision_cache,
                cache_folder.as_deref(),
                settings.endpoint_url.as_deref(),
            ),
            revision_tags: settings
                .revision_tags
                .map_or(Ok(RevisionTags::default()), |when| when.parse())
                .map_err(|reason| invalid("revision-tags", reason))?,
            cache_folder,
            profile: settings.profile.filter(|name| !name.is_empty()),
            external_id: settings.external_id.filter(|id| !id.is_empty()),
        };
        config.options.check_objects(&config.objects)?;
        if config.use_fips_endpoint == Some(true) {
            if let Some(url) = &config.endpoint_url {
                fips::check("", Some(url))?;
            }
            config
                .regions
                .iter()
                .try_for_each(|region| fips::check(region, None))?;
        }
        Ok(config)
    }
}

pub(super) fn invalid(setting: &'static str, reason: String) -> ConfigError {
    ConfigError::Setting { setting, reason }
}

fn within(
    setting: &'static str,
    value: u64,
    range: std::ops::RangeInclusive<u64>,
    unit: &str,
) -> Result<u64, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (from, to) = range.into_inner();
    Err(invalid(
        setting,
        format!("{value} is out of range; it takes {from} to {to} {unit}"),
    ))
}

fn page_size(value: u64) -> Result<u16, ConfigError> {
    if value == 0 {
        return Err(invalid(
            "page-size",
            "0 is out of range; it takes 1 to 100 objects".into(),
        ));
    }
    if value > PAGE_SIZE_LIMIT {
        tracing::warn!("page-size {value} is more than ECS gives; using {PAGE_SIZE_LIMIT}");
    }
    Ok(u16::try_from(value.min(PAGE_SIZE_LIMIT)).unwrap_or(100))
}

fn quota_share(rules: Option<QuotaRules>, share: Option<f64>) -> Result<Option<f64>, ConfigError> {
    // Others use the account too: consoles, deployments, autoscaling.
    let share = share.unwrap_or(0.9);
    if !(LEAST_SHARE..=1.0).contains(&share) {
        return Err(invalid(
            "quota-share",
            format!(
                "{share} is out of range; it takes {LEAST_SHARE} to 1 (`quotas = \"none\"` switches quotas off)"
            ),
        ));
    }
    Ok((rules != Some(QuotaRules::None)).then_some(share))
}

fn regions(given: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let mut regions: Vec<String> = Vec::new();
    for region in given
        .iter()
        .map(|region| region.trim())
        .filter(|region| !region.is_empty())
    {
        // Whether AWS has it is asked where it is known who answers: other servers have Regions of their own.
        let is_name = region
            .bytes()
            .all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == b'-');
        if !is_name {
            super::regions::check(region).map_err(|reason| invalid("regions", reason))?;
        }
        if !regions.iter().any(|known| known == region) {
            regions.push(region.to_owned());
        }
    }
    Ok(regions)
}

/// Whether the Regions are those that each account has enabled.
fn asks_for_all(given: Option<&[String]>) -> Result<bool, ConfigError> {
    let given = given.unwrap_or_default();
    let is_all = |region: &String| region.trim() == ALL_REGIONS;
    if given.len() > 1 && given.iter().any(is_all) {
        return Err(invalid(
            "regions",
            "`all` stands for every Region; leave the others out".into(),
        ));
    }
    Ok(given.iter().any(is_all))
}

fn organization(
    is_asked_for: Option<bool>,
    role: Option<&str>,
    include: &[String],
    exclude: &[String],
) -> Result<Option<Organization>, ConfigError> {
    if is_asked_for == Some(true) {
        return Organization::resolve(role, include, exclude).map(Some);
    }
    if is_asked_for.is_none() && (role.is_some() || !include.is_empty() || !exclude.is_empty()) {
        return Err(invalid(
            "organization",
            "a role or accounts of an organization are given, but not the organization itself; add --organization".into(),
        ));
    }
    Ok(None)
}

fn endpoint_url(given: Option<String>) -> Result<Option<String>, ConfigError> {
    let Some(url) = given.filter(|url| !url.is_empty()) else {
        return Ok(None);
    };
    match url_problem(&url) {
        Some(problem) => Err(invalid("endpoint-url", problem.into())),
        None => Ok(Some(url)),
    }
}

/// What is wrong with the URL of an endpoint, if anything is.
pub(crate) fn url_problem(url: &str) -> Option<&'static str> {
    const NOT_A_URL: &str = "its value is not a URL; one starts with http:// or https://";
    let Ok(parsed) = url.parse::<http::Uri>() else {
        return Some(NOT_A_URL);
    };
    let is_http = matches!(parsed.scheme_str(), Some("http" | "https"));
    match parsed.authority() {
        Some(authority)
            if authority
                .as_str()
                .ends_with(|last: char| last.is_ascii_digit())
                && authority
                    .as_str()
                    .rsplit_once("]:")
                    .or_else(|| authority.as_str().rsplit_once(':'))
                    .is_some_and(|(_, port)| {
                        port.bytes().all(|byte| byte.is_ascii_digit())
                            && port.parse::<u16>().is_err()
                    }) =>
        {
            Some("its value names a port above 65535")
        }
        Some(authority) if is_http && !authority.host().is_empty() => {
            authority.as_str().contains('@').then_some(
                "its value holds a user name or password, which ECS has no use for; leave them out",
            )
        }
        _ => Some(NOT_A_URL),
    }
}

/// A flag in the spellings that AWS tools take.
pub(crate) fn parse_flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "on" | "t" => Some(true),
        "false" | "0" | "no" | "n" | "off" | "f" => Some(false),
        _ => None,
    }
}

fn objects(given: Option<Vec<String>>) -> Result<Vec<Object>, ConfigError> {
    let Some(names) = given else {
        return Ok(Object::defaults());
    };
    let mut objects = names
        .iter()
        .map(|name| name.trim().parse())
        .collect::<Result<Vec<Object>, _>>()
        .map_err(|error| invalid("objects", error.to_string()))?;
    objects.sort();
    objects.dedup();
    if objects.is_empty() {
        return Err(invalid("objects", "it names no object".into()));
    }
    Ok(objects)
}

fn volatile_attributes(given: Option<Vec<String>>) -> BTreeSet<String> {
    let Some(given) = given else {
        return Object::volatile_attributes();
    };
    given
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Where a user's caches go, by the XDG base directory rules and macOS's custom.
fn default_cache_folder() -> Option<PathBuf> {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(folder) = variable("XDG_CACHE_HOME").filter(|folder| folder.is_absolute()) {
        return Some(folder.join("portolan"));
    }
    let home = variable("HOME")?;
    let folder = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    Some(home.join(folder).join("portolan"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(settings: Settings) -> String {
        Config::resolve(settings, None)
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let config = Config::resolve(Settings::default(), None).expect("valid");
        assert_eq!(config.session_duration, Duration::from_secs(3600));
        assert_eq!(
            (
                config.page_size,
                config.parallel_requests,
                config.maximum_retries
            ),
            (100, 8, 10)
        );
        assert_eq!(config.quota_share, Some(0.9));
        assert_eq!(config.objects, Object::defaults());
    }

    #[test]
    fn errors_name_the_setting_and_the_way_out() {
        let settings = Settings {
            session_duration: Some(60),
            ..Settings::default()
        };
        assert_eq!(
            error(settings),
            "session-duration: 60 is out of range; it takes 900 to 43200 seconds"
        );
        let settings = Settings {
            assume_role_arn: Some(vec!["arn:aws:iam::1:user/x".into()]),
            ..Settings::default()
        };
        assert!(error(settings).contains("arn:aws:iam::123456789012:role/Name"));
        let settings = Settings {
            regions: Some(vec!["US East".into()]),
            ..Settings::default()
        };
        assert!(error(settings).contains("did you mean us-east-"));
        for share in [0.0, 1.5, f64::NAN] {
            let settings = Settings {
                quota_share: Some(share),
                ..Settings::default()
            };
            assert!(error(settings).contains("it takes 0.05 to 1"));
        }
    }

    #[test]
    fn quotas_can_be_switched_off() {
        let settings = Settings {
            quotas: Some(QuotaRules::None),
            ..Settings::default()
        };
        let config = Config::resolve(settings, None).expect("valid");
        assert_eq!(config.quota_share, None);
    }

    #[test]
    fn fips_is_refused_where_there_is_none() {
        let fips = |regions: &[&str], endpoint_url: Option<&str>| Settings {
            use_fips_endpoint: Some(true),
            regions: Some(regions.iter().map(|region| (*region).to_owned()).collect()),
            endpoint_url: endpoint_url.map(str::to_owned),
            ..Settings::default()
        };
        assert!(Config::resolve(fips(&["us-gov-west-1"], None), None).is_ok());
        assert!(error(fips(&["eu-west-1"], None)).contains("no FIPS endpoint in eu-west-1"));
        assert!(
            error(fips(&["us-east-1"], Some("http://localhost"))).contains("exclude each other")
        );
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("portolan.toml");
        std::fs::write(&path, "page-size = 10\nparallel-requests = 2").expect("written");
        let settings = Settings {
            page_size: Some(20),
            ..Settings::default()
        };
        let config = Config::resolve(settings, Some(&path)).expect("valid");
        assert_eq!((config.page_size, config.parallel_requests), (20, 2));
    }
}
