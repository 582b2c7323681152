//! The settings of mapping, checked: which modules there are, and what each of them gets.

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

/// Which modules map and amend, what they have to show, and what they get.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Folder of modules that replace stock mappers.
    pub mappers: Option<PathBuf>,
    /// Overlay modules, in the order in which they amend.
    pub overlays: Vec<PathBuf>,
    /// Settings of single modules, by name.
    pub modules: BTreeMap<String, ModuleSettings>,
    /// What a module has to show before it may run; none for the default, which depends on its folder.
    pub module_policy: Option<ModulePolicy>,
    /// Files of the public keys whose signatures count.
    pub trusted_keys: Vec<PathBuf>,
    /// Folder for compiled modules; none if there is no home to put it in.
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

/// What one module gets, by the name in its manifest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ModuleSettings {
    /// The module's own settings, as the schema in its manifest describes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Map<String, Value>>,

    /// For an overlay: amend only these objects [default: those of its manifest].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<Vec<Object>>,

    /// For an overlay: what happens to a record that it cannot amend [default: keep-stock].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_failure: Option<OnFailure>,

    /// What it may have beyond a page, if its manifest asks for it: `environment-values` shows this module,
    /// and no other, the values of environment variables [default: nothing].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Vec<Capability>>,

    /// Memory of an instance in MiB [default: 256].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4096))]
    pub memory_mebibytes: Option<u32>,

    /// Time for a page in milliseconds, beside what its size adds [default: 1000].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 600_000))]
    pub time_milliseconds: Option<u32>,
}

/// Something beyond a page that a module may have, if an operator grants it.
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

/// What happens to a record that an overlay cannot amend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// It stays as it was before the overlay, with a warning in the report.
    #[default]
    KeepStock,
    /// It is rejected.
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

    /// Whether the module may see environment values: its manifest has to ask for them, and an operator to
    /// grant them.
    pub(crate) fn sees_values(&self, manifest: &Manifest) -> Result<bool, String> {
        let capability = Capability::EnvironmentValues;
        let name = capability.name();
        let asks = manifest.capabilities.iter().any(|asked| asked == name);
        match (asks, self.grants(capability)) {
            (true, false) => Err(format!(
                "it asks for the capability `{name}`, which nobody has granted; if it may see the values of environment variables, set grant = [\"{name}\"] in [modules.{}] of the configuration",
                printable(&manifest.name, 128)
            )),
            (false, true) => Err(format!(
                "the configuration grants it `{name}`, which its manifest does not ask for; remove the grant"
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
                return Err("it has settings in the configuration, but its manifest says that it takes none".into());
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

    /// The default limits with what is set here.
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
