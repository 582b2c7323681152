//! Settings of single modules: the `[modules.NAME]` tables of the configuration file.

use std::collections::BTreeMap;

use super::ConfigError;
use portolan_sandbox::ModuleSettings;

/// Returns the settings of modules if their limits are in range.
///
/// # Errors
/// Fails with the name of the module and the limit that is out of range.
pub(super) fn in_range(
    modules: BTreeMap<String, ModuleSettings>,
) -> Result<BTreeMap<String, ModuleSettings>, ConfigError> {
    for (name, module) in &modules {
        let limits = [
            ("memory-mebibytes", module.memory_mebibytes, 1..=4096, "MiB"),
            (
                "time-milliseconds",
                module.time_milliseconds,
                10..=600_000,
                "milliseconds",
            ),
        ];
        for (limit, value, range, unit) in limits {
            let value = value.filter(|value| !range.contains(value));
            if let Some(value) = value {
                let (from, to) = range.into_inner();
                let name = portolan_machine::text::printable(name, 64);
                let reason = format!(
                    "{name}.{limit} = {value} is out of range; it takes {from} to {to} {unit}"
                );
                return Err(ConfigError::setting("modules", reason));
            }
        }
    }
    Ok(modules)
}
