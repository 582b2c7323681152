//! Merge patches of an overlay, one on each line, against RFC 7396 over parsed JSON.

use std::sync::Arc;

use anyhow::ensure;
use portolan_page::object::Object;
use portolan_records::from_page;
use portolan_sandbox::{Engine, Limits, Mapper, Module, ModuleSource, Overlay, PROTECTED};
use serde_json::{Map, Value};

use super::puppet::{self, Answer, sound};

#[test]
fn records_are_merged_with_patches_or_stay() {
    let engine = Engine::new(1, Limits::default()).unwrap();
    let module = Module::load(&engine, None, ModuleSource::Stock, &puppet::mapping()).unwrap();
    let overlay = Overlay::load(&engine, None, ModuleSource::Stock, &puppet::overlay()).unwrap();
    let (module, overlay) = (Arc::new(module), [Arc::new(overlay)]);
    super::run(&["fuzz/patch"], 600, |text| {
        let mapper = Mapper::assemble(Object::EcsTask, Arc::clone(&module), &overlay).unwrap();
        is_merged(&engine, &mapper, text)
    });
}

fn is_merged(engine: &Engine, mapper: &Mapper, text: &[u8]) -> anyhow::Result<bool> {
    let (mut stock, mut patches) = (Answer::default(), Answer::default());
    let mut lines = text.split(|byte| *byte == b'\n');
    let objects = [0, 2, 3].map(|object| (object, puppet::record(object), lines.next()));
    for (object, record, patch) in &objects {
        stock.add(*object as u32, record.to_string().as_bytes());
        if let Some(patch) = patch {
            patches.add(*object as u32, patch);
        }
    }
    let page = puppet::page(&stock.memory(), &patches.memory());
    let records = from_page(engine, mapper, &page)?;
    let found = sound(mapper, &page, &records)?;
    let mut is_any_merged = false;
    for (object, record, patch) in objects {
        let merged = patch.and_then(|patch| merged(mapper, &record, patch));
        let touched = records.touched[0]
            .1
            .iter()
            .filter(|(index, _)| *index == object);
        let touched = touched.map(|(_, name)| name.to_string());
        let told = records.warnings.iter().any(|warning| {
            warning.source_index == Some(object) && warning.code.starts_with("overlay-")
        });
        ensure!(
            told == (patch.is_some() && merged.is_none()),
            "a bad patch is reported: {told}"
        );
        is_any_merged |= merged.is_some();
        let (expected, names) = merged.unwrap_or_else(|| (record, Vec::new()));
        ensure!(
            found[object].as_ref() == expected.as_object(),
            "object {object} is {:?}",
            found[object]
        );
        let mut touched: Vec<String> = touched.collect();
        touched.sort();
        ensure!(touched == names, "touched are {touched:?}");
    }
    Ok(is_any_merged)
}

/// The record with its patch, and the attributes in the patch; `None` if the record stays unchanged.
fn merged(mapper: &Mapper, record: &Value, patch: &[u8]) -> Option<(Value, Vec<String>)> {
    let patch: Map<String, Value> = serde_json::from_slice(patch).ok()?;
    let changes = |name: &&str| {
        patch
            .get(*name)
            .is_some_and(|value| record.get(*name) != Some(value))
    };
    if PROTECTED.iter().any(changes) {
        return None;
    }
    let mut names: Vec<String> = patch.keys().cloned().collect();
    names.sort();
    let mut merged = record.clone();
    merge(&mut merged, Value::Object(patch));
    mapper.validator.check_value(&merged).ok()?;
    Some((merged, names))
}

/// RFC 7396, section 2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (name, value) in patch {
        match (value, target.as_object_mut()) {
            (Value::Null, Some(members)) => drop(members.shift_remove(&name)),
            (value, _) => merge(&mut target[name], value),
        }
    }
}
