//! Manifests of modules, the schemas in them, and settings for them.

use anyhow::ensure;
use portolan_page::object::Object;
use portolan_sandbox::validate::RecordValidator;
use portolan_sandbox::{Engine, Limits, Manifest, Module, ModuleSettings, ModuleSource};
use serde_json::{Value, json};

use super::puppet::{self, is_printable};
use crate::guests::answers::{Answer, component};

#[test]
fn manifests_are_understood_or_refused() {
    let engine = Engine::new(1, Limits::default()).unwrap();
    super::run(&["fuzz/manifest"], 600, |text| {
        let Ok(text) = std::str::from_utf8(text) else {
            return Ok(false);
        };
        let manifest = match Manifest::parse(text) {
            Ok(manifest) => manifest,
            Err(reason) => {
                is_printable(&reason)?;
                return Ok(false);
            }
        };
        let printed = serde_json::to_string(&manifest)?;
        ensure!(
            Manifest::parse(&printed).as_ref() == Ok(&manifest),
            "it prints as {printed}"
        );
        declares(&manifest)?;
        // Compiling takes most of the time of a case.
        if text.len() % 4 == 0 && text.len() < 512 {
            is_configured(&engine, text)?;
        }
        Ok(true)
    });
}

/// Checks that declared attributes make no valid record invalid, and no record without them valid.
fn declares(manifest: &Manifest) -> anyhow::Result<()> {
    let stock = RecordValidator::new(Object::EcsTask, &Default::default())?;
    let declared = match RecordValidator::new(Object::EcsTask, &manifest.attributes) {
        Ok(declared) => declared,
        Err(error) => return is_printable(&error.to_string()),
    };
    let record = puppet::record(0);
    ensure!(
        stock.check_value(&record).is_ok() && declared.check_value(&record).is_ok(),
        "a stock record"
    );
    for name in manifest.attributes.keys() {
        for value in [json!("x"), json!(7), json!({"a": [1]}), Value::Null] {
            let mut record = record.clone();
            record[name] = value;
            ensure!(
                stock.check_value(&record).is_err(),
                "{name} is a stock attribute"
            );
            let bytes = record.to_string();
            let violations = declared.check(bytes.as_bytes());
            ensure!(
                violations == declared.check_value(&record),
                "bytes and values differ"
            );
            for violation in violations.err().into_iter().flatten() {
                is_printable(&violation.message)?;
            }
        }
    }
    Ok(())
}

/// Checks that a module with this manifest accepts settings, or refuses them with a sentence.
fn is_configured(engine: &Engine, text: &str) -> anyhow::Result<()> {
    let answer = Answer {
        manifest: text,
        ..Answer::default()
    };
    for settings in [
        json!({}),
        json!({"owner-tag": "a", "count": 7}),
        json!({"x": {"y": [null]}}),
    ] {
        let module = Module::load(engine, None, ModuleSource::Stock, &component(&answer));
        let settings = ModuleSettings {
            settings: settings.as_object().cloned(),
            ..ModuleSettings::default()
        };
        if let Err(error) = module.and_then(|module| module.configure(&settings)) {
            is_printable(&error.to_string())?;
        }
    }
    Ok(())
}
