//! The checked settings of mapping: the modules, and the settings of each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::limits::Limits;
use super::manifest::Manifest;
use crate::trust::ModulePolicy;
use portolan_machine::text::printable;
use portolan_page::object::Object;

/// The modules that map and amend, their policy, and their settings.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// The folder of modules that replace stock mappers.
    pub mappers: Option<PathBuf>,
    /// Overlay modules, in the order in which they amend.
    pub overlays: Vec<PathBuf>,
    /// The settings of single modules, by name.
    pub modules: BTreeMap<String, ModuleSettings>,
    /// The requirements before a module may run; `None` for the default, which depends on its folder.
    pub module_policy: Option<ModulePolicy>,
    /// Files with the public keys of trusted signers.
    pub trusted_keys: Vec<PathBuf>,
    /// The folder for compiled modules; `None` without a home folder.
    pub cache_folder: Option<PathBuf>,
}

impl Mapping {
    /// Whether any module may see the values of environment variables.
    #[must_use]
    pub fn grants_environment_values(&self) -> bool {
        self.modules
            .values()
            .any(|module| module.grants(Capability::EnvironmentValues))
    }
}

/// The settings of one module, by the name in its manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ModuleSettings {
    /// The module's own settings. They follow the schema in its manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Map<String, Value>>,

    /// For an overlay: amend only these objects [default: those of its manifest].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<Object>>,

    /// For an overlay: the effect on a record that it cannot amend [default: keep-stock].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,

    /// Capabilities beyond a page that the module may use, if its manifest requests them:
    /// `environment-values` shows the values of environment variables to this module, and to no other
    /// [default: none].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Vec<Capability>>,

    /// The memory of an instance in MiB [default: 256].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4096))]
    pub memory_mebibytes: Option<u32>,

    /// The time for a page in milliseconds, in addition to the time for its size [default: 1000].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 600_000))]
    pub time_milliseconds: Option<u32>,
}

/// A capability beyond a page that an operator may grant to a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// The page with the values of environment variables, which are otherwise withheld.
    EnvironmentValues,
}

impl Capability {
    /// The name in manifests and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EnvironmentValues => "environment-values",
        }
    }
}

/// The effect on a record that an overlay cannot amend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The record stays as it was before the overlay, with a warning in the report.
    #[default]
    KeepStock,
    /// The record is rejected.
    Reject,
}

impl ModuleSettings {
    /// Whether an operator has granted a capability.
    #[must_use]
    pub fn grants(&self, capability: Capability) -> bool {
        self.grant
            .as_ref()
            .is_some_and(|granted| granted.contains(&capability))
    }

    /// Whether the module may see environment values. Its manifest has to request them, and an operator to
    /// grant them.
    pub(crate) fn sees_values(&self, manifest: &Manifest) -> Result<bool, String> {
        let capability = Capability::EnvironmentValues;
        let name = capability.name();
        let asks = manifest.capabilities.iter().any(|asked| asked == name);
        match (asks, self.grants(capability)) {
            (true, false) => Err(format!(
                "it requests the capability `{name}`, which is not granted; if it may see the values of environment variables, set grant = [\"{name}\"] in [modules.{}] of the configuration",
                printable(&manifest.name, 128)
            )),
            (false, true) => Err(format!(
                "the configuration grants it `{name}`, which its manifest does not request; remove the grant"
            )),
            (_, granted) => Ok(granted),
        }
    }

    /// The module's own settings as JSON text, checked against its manifest.
    pub(crate) fn config(&self, manifest: &Manifest) -> Result<String, String> {
        let settings = Value::Object(self.settings.clone().unwrap_or_default());
        let Some(schema) = &manifest.settings else {
            if self
                .settings
                .as_ref()
                .is_some_and(|settings| !settings.is_empty())
            {
                return Err(
                    "it has settings in the configuration, but its manifest does not define any"
                        .into(),
                );
            }
            return Ok(settings.to_string());
        };
        let validator = jsonschema::draft202012::new(schema).map_err(|error| {
            format!(
                "the settings schema in its manifest is not valid: {}",
                printable(&error.masked().to_string(), 400)
            )
        })?;
        let violations: Vec<String> = validator
            .iter_errors(&settings)
            .take(5)
            .map(|error| {
                let said = error.masked_with("the value");
                printable(&format!("settings{}: {said}", error.instance_path()), 400)
            })
            .collect();
        if violations.is_empty() {
            return Ok(settings.to_string());
        }
        Err(format!(
            "its settings do not follow the schema in its manifest: {}",
            violations.join("; ")
        ))
    }

    /// The default limits, with the limits that are set here.
    pub(crate) fn limits(&self, default: &Limits) -> Limits {
        Limits {
            memory_bytes: self.memory_bytes().unwrap_or(default.memory_bytes),
            time_base: self.time_milliseconds.map_or(default.time_base, |time| {
                Duration::from_millis(u64::from(time))
            }),
            ..default.clone()
        }
    }

    /// The memory limit in bytes, if one is set.
    pub(crate) fn memory_bytes(&self) -> Option<usize> {
        self.memory_mebibytes
            .map(|mebibytes| mebibytes as usize * 1024 * 1024)
    }
}
