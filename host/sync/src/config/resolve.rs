//! Checks settings, and makes a configuration of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    Config, ConfigError, Purpose, QuotaRules, Settings, assess, file, identity, modules, options,
    organization, revisions,
};
use portolan_aws::{Connection, Organization, check_fips, check_region, url_problem};
use portolan_fetch::{Fetching, RevisionTags};
use portolan_page::object::{Object, UnknownObject};
use portolan_sandbox::Mapping;

/// The value that stands for every Region that an account has enabled.
const ALL_REGIONS: &str = "all";

/// The most objects that a List operation of ECS returns in one page.
const PAGE_SIZE_LIMIT: u64 = 100;

/// With a smaller share of a bucket of 50, a single call would not fit.
const LEAST_SHARE: f64 = 0.05;

impl Settings {
    /// These settings, completed with those of a configuration file.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn with_file(self, config_file: Option<&Path>) -> Result<Self, ConfigError> {
        match config_file {
            Some(path) => self.over(file::read(path)?),
            None => Ok(self),
        }
    }
}

impl Config {
    /// Makes a configuration of flags and environment (`given`) and a configuration file.
    ///
    /// # Errors
    /// Fails if the file cannot be read or a setting cannot be used; the error names it and the valid values.
    pub fn resolve(given: Settings, config_file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::resolve_for(Purpose::Sync, given, config_file)
    }

    /// As [`Config::resolve`], with the defaults of a purpose.
    ///
    /// # Errors
    /// As [`Config::resolve`].
    pub fn resolve_for(
        purpose: Purpose,
        given: Settings,
        config_file: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut settings = given.with_file(config_file)?;
        if purpose == Purpose::Assess {
            settings.objects.get_or_insert_with(|| vec!["all".into()]);
        }
        let connection = connection(&settings)?;
        let mapping = mapping(&settings)?;
        let mut fetching = fetching(&settings, &mapping)?;
        if purpose == Purpose::Assess {
            fetching.options = options::for_assessment(fetching.options, &fetching.objects);
        }
        options::check_objects(&fetching.options, &fetching.objects)?;
        if connection.use_fips_endpoint == Some(true) {
            if let Some(url) = &connection.endpoint_url {
                check_fips("", Some(url))?;
            }
            let mut regions = connection.regions.iter();
            regions.try_for_each(|region| check_fips(region, None))?;
        }
        Ok(Self {
            connection,
            fetching,
            mapping,
            assessing: assess::resolve(settings.assess.as_ref())?,
            volatile_attributes: volatile_attributes(settings.volatile_attributes),
        })
    }
}

fn connection(settings: &Settings) -> Result<Connection, ConfigError> {
    let all_regions = asks_for_all(settings.regions.as_deref())?;
    let filled = |text: &String| !text.is_empty();
    Ok(Connection {
        access_keys: identity::access_keys(settings)?,
        profile: settings.profile.clone().filter(filled),
        regions: if all_regions {
            Vec::new()
        } else {
            regions(settings.regions.as_deref().unwrap_or_default())?
        },
        all_regions,
        roles: identity::roles(
            settings.assume_role_arn.as_deref().unwrap_or_default(),
            settings.assume_role_arn_file.as_deref(),
        )?,
        organization: organization(
            settings.organization,
            settings.organization_role.as_deref(),
            settings.organization_include.as_deref().unwrap_or_default(),
            settings.organization_exclude.as_deref().unwrap_or_default(),
        )?,
        shard: settings
            .shard
            .as_ref()
            .map(|shard| shard.parse())
            .transpose()
            .map_err(|reason| ConfigError::setting("shard", reason))?,
        external_id: settings.external_id.clone().filter(filled),
        session_name: identity::session_name(settings.session_name.clone())?,
        session_duration: Duration::from_secs(within(
            "session-duration",
            settings
                .session_duration
                .unwrap_or(Connection::default().session_duration.as_secs()),
            900..=43_200,
            "seconds",
        )?),
        use_fips_endpoint: settings.use_fips_endpoint,
        endpoint_url: endpoint_url(settings.endpoint_url.clone())?,
        ca_bundle: settings.ca_bundle.clone(),
    })
}

fn fetching(settings: &Settings, mapping: &Mapping) -> Result<Fetching, ConfigError> {
    let default = Fetching::default();
    let number = |setting, value: Option<u64>, default: usize, range, unit| {
        let value = within(setting, value.unwrap_or(default as u64), range, unit)?;
        Ok::<_, ConfigError>(usize::try_from(value).unwrap_or(usize::MAX))
    };
    Ok(Fetching {
        parallel_scopes: number(
            "parallel-scopes",
            settings.parallel_scopes,
            default.parallel_scopes,
            1..=1024,
            "accounts and Regions",
        )?,
        page_size: page_size(settings.page_size.unwrap_or(default.page_size.into()))?,
        parallel_requests: number(
            "parallel-requests",
            settings.parallel_requests,
            default.parallel_requests,
            1..=256,
            "requests",
        )?,
        maximum_retries: u32::try_from(within(
            "maximum-retries",
            settings
                .maximum_retries
                .unwrap_or(default.maximum_retries.into()),
            0..=100,
            "retries",
        )?)
        .unwrap_or(u32::MAX),
        quota_share: quota_share(settings.quotas, settings.quota_share)?,
        objects: objects(settings.objects.as_deref())?,
        options: options::resolve(settings.options.as_deref().unwrap_or_default())?,
        keeps_values: mapping.grants_environment_values(),
        revision_cache: revisions::cache_file(
            settings.revision_cache.clone(),
            mapping.cache_folder.as_deref(),
            settings.endpoint_url.as_deref(),
        ),
        revision_tags: settings
            .revision_tags
            .as_ref()
            .map_or(Ok(RevisionTags::default()), |when| revisions::tags(when))
            .map_err(|reason| ConfigError::setting("revision-tags", reason))?,
        detect_secrets: settings.detect_secrets.unwrap_or(default.detect_secrets),
    })
}

fn mapping(settings: &Settings) -> Result<Mapping, ConfigError> {
    Ok(Mapping {
        mappers: settings.mappers.clone(),
        overlays: settings.overlays.clone().unwrap_or_default(),
        modules: modules::in_range(settings.modules.clone().unwrap_or_default())?,
        module_policy: settings.module_policy,
        trusted_keys: settings.trusted_keys.clone().unwrap_or_default(),
        cache_folder: settings
            .cache_folder
            .clone()
            // An empty path would be the working directory.
            .filter(|folder| !folder.as_os_str().is_empty())
            .or_else(default_cache_folder),
    })
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
    Err(ConfigError::setting(
        setting,
        format!("{value} is out of range; it takes {from} to {to} {unit}"),
    ))
}

fn page_size(value: u64) -> Result<u16, ConfigError> {
    if value == 0 {
        return Err(ConfigError::setting(
            "page-size",
            "0 is out of range; it takes 1 to 100 objects".into(),
        ));
    }
    if value > PAGE_SIZE_LIMIT {
        tracing::warn!("page-size {value} is more than ECS returns; using {PAGE_SIZE_LIMIT}");
    }
    Ok(u16::try_from(value.min(PAGE_SIZE_LIMIT)).unwrap_or(100))
}

fn quota_share(rules: Option<QuotaRules>, share: Option<f64>) -> Result<Option<f64>, ConfigError> {
    let share = share.or(Fetching::default().quota_share).unwrap_or(1.0);
    if !(LEAST_SHARE..=1.0).contains(&share) {
        return Err(ConfigError::setting(
            "quota-share",
            format!(
                "{share} is out of range; it takes {LEAST_SHARE} to 1 (`quotas = \"none\"` switches quotas off)"
            ),
        ));
    }
    Ok((rules != Some(QuotaRules::None)).then_some(share))
}

fn regions(given: &[String]) -> Result<Vec<String>, ConfigError> {
    let mut regions: Vec<String> = Vec::new();
    for region in given
        .iter()
        .map(|region| region.trim())
        .filter(|region| !region.is_empty())
    {
        // AWS's list of Regions is checked when the server is known, because other servers have Regions of
        // their own.
        let is_name = region
            .bytes()
            .all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == b'-');
        if !is_name {
            check_region(region).map_err(|reason| ConfigError::setting("regions", reason))?;
        }
        if !regions.iter().any(|known| known == region) {
            regions.push(region.to_owned());
        }
    }
    Ok(regions)
}

/// Whether the Regions are those that each account has enabled. Fails if others are named too.
fn asks_for_all(given: Option<&[String]>) -> Result<bool, ConfigError> {
    let given = given.unwrap_or_default();
    let is_all = |region: &String| region.trim() == ALL_REGIONS;
    if given.len() > 1 && given.iter().any(is_all) {
        return Err(ConfigError::setting(
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
        return organization::resolve(role, include, exclude).map(Some);
    }
    if is_asked_for.is_none() && (role.is_some() || !include.is_empty() || !exclude.is_empty()) {
        return Err(ConfigError::setting(
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
        Some(problem) => Err(ConfigError::setting("endpoint-url", problem.into())),
        None => Ok(Some(url)),
    }
}

fn objects(given: Option<&[String]>) -> Result<Vec<Object>, ConfigError> {
    let Some(names) = given else {
        return Ok(Object::defaults());
    };
    let mut objects = Vec::new();
    for name in names {
        match Object::group(name.trim()) {
            Some(group) => objects.extend(group),
            None => objects.push(name.trim().parse().map_err(|error: UnknownObject| {
                ConfigError::setting("objects", error.to_string())
            })?),
        }
    }
    objects.sort();
    objects.dedup();
    if objects.is_empty() {
        return Err(ConfigError::setting("objects", "it names no object".into()));
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

/// The folder of a user's caches, by the XDG base directory rules and macOS's convention.
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
mod tests;
