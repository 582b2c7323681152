//! The configuration file.

use std::path::Path;

use serde_path_to_error::Segment;

use super::{AssessSettings, ConfigError, Settings};
use portolan_sandbox::ModuleSettings;

/// Any useful configuration file is far smaller than this.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024;

/// Reads the settings of a TOML file.
pub(super) fn read(path: &Path) -> Result<Settings, ConfigError> {
    let name = path.display().to_string();
    let unreadable = |source| ConfigError::Unreadable {
        path: name.clone(),
        source,
    };
    let text = portolan_machine::text::read_file(path, FILE_LIMIT_BYTES).map_err(unreadable)?;
    parse(&text).map_err(|reason| ConfigError::Invalid { path: name, reason })
}

fn parse(text: &str) -> Result<Settings, String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| explain(&error, text))?;
    only_known::<Settings>(&table, "")?;
    let modules = table.get("modules").and_then(toml::Value::as_table);
    for (name, module) in modules.into_iter().flatten() {
        if let Some(settings) = module.as_table() {
            only_known::<ModuleSettings>(settings, &format!("modules.{name}."))?;
        }
    }
    if let Some(assess) = table.get("assess").and_then(toml::Value::as_table) {
        only_known::<AssessSettings>(assess, "assess.")?;
    }
    // Key by key, so that an error can name the key. The parser's message is not used, because it quotes the
    // value, which may be a misplaced secret.
    for (key, value) in &table {
        if has_no_number(value) {
            let key = portolan_machine::text::printable(key, 200);
            return Err(format!(
                "`{key}` holds nan or inf, which is not valid for any setting"
            ));
        }
        let single = toml::Table::from_iter([(key.clone(), value.clone())]);
        let read: Result<Settings, _> = serde_path_to_error::deserialize(single);
        if let Err(error) = read {
            return Err(refused(key, value, &error));
        }
    }
    table
        .try_into()
        .map_err(|_| "its settings contradict each other".to_owned())
}

/// Whether a value holds a float that is not a number. Settings go through JSON, where it would become null
/// and count as absent.
fn has_no_number(value: &toml::Value) -> bool {
    match value {
        toml::Value::Float(float) => !float.is_finite(),
        toml::Value::Array(list) => list.iter().any(has_no_number),
        toml::Value::Table(table) => table.values().any(has_no_number),
        _ => false,
    }
}

/// The message for a refused value: its path, as far as it is known, and never the value.
fn refused(
    key: &str,
    value: &toml::Value,
    error: &serde_path_to_error::Error<toml::de::Error>,
) -> String {
    let path = error.path();
    let mut found = Some(value);
    for segment in path.iter().skip(1) {
        found = match (found, segment) {
            (Some(toml::Value::Table(table)), Segment::Map { key }) => table.get(key),
            (Some(toml::Value::Array(list)), Segment::Seq { index }) => list.get(*index),
            _ => None,
        };
    }
    // Only names of modules and their settings are below a key.
    let (name, kind) = match found {
        Some(found) if path.iter().len() > 1 => (path.to_string(), found.type_str()),
        _ => (key.to_owned(), value.type_str()),
    };
    let name = portolan_machine::text::printable(&name, 200);
    match words(error.inner().message()) {
        Some(words) => format!("`{name}` takes {words}"),
        None => format!(
            "`{name}` does not take this value ({kind}); `portolan schema config` shows the valid values"
        ),
    }
}

/// The words that a setting takes, from serde's message, without the given word.
fn words(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("unknown variant ")?;
    let (_, words) = rest.rsplit_once(", expected ")?;
    Some(words.strip_prefix("one of ").unwrap_or(words))
}

/// The problem and its line, without the text, which may hold a misplaced secret.
fn explain(error: &toml::de::Error, text: &str) -> String {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line} is not TOML; are all brackets and quotes closed?")
}

/// Fails with the first key that the type does not have, and the nearest one that it has.
fn only_known<T: schemars::JsonSchema>(table: &toml::Table, before: &str) -> Result<(), String> {
    let schema = schemars::schema_for!(T);
    let properties = schema
        .get("properties")
        .and_then(serde_json::Value::as_object);
    let known: Vec<&str> = properties
        .into_iter()
        .flat_map(serde_json::Map::keys)
        .map(String::as_str)
        .collect();
    let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) else {
        return Ok(());
    };
    let nearest = portolan_machine::text::nearest(key, known).unwrap_or_default();
    let [key, nearest] = [key, nearest]
        .map(|name| portolan_machine::text::printable(&format!("{before}{name}"), 200));
    Err(format!(
        "`{key}` is not a setting; did you mean `{nearest}`? `portolan schema config` shows all settings"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = parse("parallel-request = 3").expect_err("unknown");
        assert!(
            error.contains("did you mean `parallel-requests`"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_key_of_a_module_names_the_nearest() {
        let error = parse("[modules.acme]\nmemory = 5").expect_err("unknown");
        assert!(
            error.contains("`modules.acme.memory` is not a setting")
                && error.contains("did you mean `modules.acme.memory-mebibytes`"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones_and_not_repeated() {
        for (text, expected) in [
            ("quotas = 's3cr3t'", "`quotas` takes `aws` or `none`"),
            (
                "[modules.acme]\non-failure = 's3cr3t, expected `x`'",
                "`modules.acme.on-failure` takes `keep-stock` or `reject`",
            ),
            (
                "module-policy = 's3cr3t'",
                "`module-policy` takes `any`, `pinned`, `signed`",
            ),
        ] {
            assert_eq!(parse(text).expect_err(text), expected);
        }
    }

    #[test]
    fn lists_and_options_can_be_written_in_either_form() {
        let settings = parse("regions = 'us-east-1, eu-west-1'\n[options]\nEcsTask.fetchStoppedTasks = true\n'EcsTaskDefinition.status' = 'ALL'")
            .expect("valid");
        assert_eq!(settings.regions.expect("given"), ["us-east-1", "eu-west-1"]);
        let mut options = settings.options.expect("given");
        options.sort();
        assert_eq!(
            options[0],
            ("EcsTask.fetchStoppedTasks".to_owned(), "true".to_owned())
        );
        assert_eq!(
            options[1],
            ("EcsTaskDefinition.status".to_owned(), "ALL".to_owned())
        );
    }

    #[test]
    fn no_error_quotes_a_value() {
        for text in ["page-size = 'LEAK'", "a = 1\nsecret-access-key = 'LEAK"] {
            let error = parse(text).expect_err("invalid");
            assert!(!error.contains("LEAK"), "{error}");
        }
        assert!(parse("a = [\n1,\n").expect_err("invalid").contains("line"));
    }

    #[test]
    fn a_wrong_value_is_named_as_deep_as_it_stands() {
        for (text, name) in [
            (
                "[modules.acme]\non-failure = 'LEAK'",
                "`modules.acme.on-failure`",
            ),
            (
                "[modules.acme]\nmemory-mebibytes = -1",
                "`modules.acme.memory-mebibytes`",
            ),
            (
                "[modules.acme]\nsettings = 'LEAK'",
                "`modules.acme.settings`",
            ),
            ("[modules.acme]\nunknown = 'LEAK'", "`modules.acme.unknown`"),
            ("page-size = 'LEAK'", "`page-size`"),
        ] {
            let error = parse(text).expect_err("invalid");
            assert!(error.contains(name) && !error.contains("LEAK"), "{error}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "quota-share = nan",
            "[modules.acme.settings]\na = [{ b = -inf }]",
        ] {
            let error = parse(text).expect_err("refused");
            assert!(error.contains("holds nan or inf"), "{error}");
        }
    }

    #[test]
    fn a_secret_is_no_setting() {
        let error = parse("secret-access-key = 'x'").expect_err("unknown");
        assert!(error.contains("`secret-access-key-file`"), "{error}");
    }
}
