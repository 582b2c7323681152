//! The configuration file. The files of the corpus name `tests/fuzz/config/secret`, which holds their secret.

use std::collections::BTreeMap;

use anyhow::ensure;
use clap::{Args, Command, FromArgMatches};
use portolan_sandbox::ModuleSettings;
use portolan_sync::config::{Config, ConfigError, Settings};

use super::CANARY;
use super::puppet::is_printable;

/// Content of that file.
const SECRET: &str = "s3cr3t-of-a-file";

#[test]
fn settings_mean_the_same_however_they_are_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portolan.toml");
    let from_file = |text: &[u8]| {
        std::fs::write(&file, text).unwrap();
        Config::resolve(Settings::default(), Some(&file))
    };
    super::run(&["fuzz/config"], 1_500, |text| {
        let settings = std::str::from_utf8(text).ok();
        let settings = settings.and_then(|text| toml::from_str::<toml::Table>(text).ok());
        // In a table, a time is a text, as in JSON.
        let settings = settings.and_then(|table| table.try_into::<Settings>().ok());
        if settings.as_ref().is_some_and(reads_standard_input) {
            return Ok(false);
        }
        let config = match from_file(text) {
            Ok(config) => shown(&config),
            Err(error) => {
                is_told(&error, text)?;
                // As values, nan and inf become null, which counts as absent.
                if let Some(settings) =
                    settings.filter(|_| !error.to_string().contains("nan or inf"))
                {
                    ensure!(
                        Config::resolve(settings, None).is_err(),
                        "only the file is refused: {error}"
                    );
                }
                return Ok(false);
            }
        };
        ensure!(!config.0.contains(SECRET), "a secret is shown");
        let Some(settings) = settings else {
            anyhow::bail!("a file without valid settings is accepted");
        };
        let printed = toml::to_string(&settings)?;
        let again = from_file(printed.as_bytes())?;
        ensure!(
            shown(&again) == config,
            "other settings are read of what they print: {printed}"
        );
        let given = Config::resolve(settings.clone(), None)?;
        ensure!(shown(&given) == config, "flags mean something else");
        let over = Config::resolve(settings, Some(&file))?;
        ensure!(
            shown(&over) == config,
            "settings over themselves mean something else"
        );
        are_flags(text)?;
        Ok(true)
    });
}

/// A configuration, without the order of a module's own settings.
fn shown(config: &Config) -> (String, BTreeMap<String, ModuleSettings>) {
    let mut config = config.clone();
    let modules = std::mem::take(&mut config.mapping.modules);
    (format!("{config:?}"), modules)
}

fn reads_standard_input(settings: &Settings) -> bool {
    let files = [
        &settings.secret_access_key_file,
        &settings.session_token_file,
    ];
    files
        .into_iter()
        .flatten()
        .any(|file| file.as_os_str() == "-")
}

/// Checks that an error is a sentence and repeats no value of the file.
fn is_told(error: &ConfigError, text: &[u8]) -> anyhow::Result<()> {
    let said = error.to_string();
    is_printable(&said)?;
    let table = toml::from_str::<toml::Value>(&String::from_utf8_lossy(text));
    if matches!(error, ConfigError::Invalid { .. })
        && !table.is_ok_and(|table| names(&table, CANARY))
    {
        ensure!(!said.contains(CANARY), "{said}");
    }
    Ok(())
}

/// Whether a name in a value contains this word.
fn names(value: &toml::Value, word: &str) -> bool {
    match value {
        toml::Value::Table(table) => table
            .iter()
            .any(|(name, value)| name.contains(word) || names(value, word)),
        toml::Value::Array(list) => list.iter().any(|value| names(value, word)),
        _ => false,
    }
}

/// Checks that each text in the file has the same meaning as a flag.
fn are_flags(text: &[u8]) -> anyhow::Result<()> {
    let table: toml::Table = toml::from_str(std::str::from_utf8(text)?)?;
    for (name, value) in table {
        // A flag for a file needs a file name.
        let Some(value) = value.as_str().filter(|value| !value.is_empty()) else {
            continue;
        };
        let command = Settings::augment_args(Command::new("portolan").no_binary_name(true));
        let flag = if name == "options" { "option" } else { &name };
        let flags = command.try_get_matches_from([format!("--{flag}={value}")]);
        let flags = flags.and_then(|flags| Settings::from_arg_matches(&flags));
        let file = toml::Table::from_iter([(name.clone(), value.into())]).try_into::<Settings>()?;
        let (file, flags) = (
            Config::resolve(file, None),
            flags.map(|flags| Config::resolve(flags, None)),
        );
        match (file, flags) {
            (Ok(file), Ok(Ok(flag))) => ensure!(
                shown(&file) == shown(&flag),
                "--{name}={value:?} means something else"
            ),
            (Err(_), _) => {}
            (Ok(_), Ok(Err(error))) => anyhow::bail!("--{name}={value:?} is refused: {error}"),
            (Ok(_), Err(error)) => anyhow::bail!("--{name}={value:?} is refused: {error}"),
        }
    }
    Ok(())
}
