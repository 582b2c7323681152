use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::WorkbenchError;
use portolan_machine::text::printable;

/// People read expected records, and a comparison holds them in memory.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024 * 1024;

/// Characters of a value shown in a difference.
const SHOWN_CHARACTERS: usize = 80;

/// Writes records as the expected ones.
pub(super) fn write(file: &Path, records: &[Vec<u8>]) -> Result<(), WorkbenchError> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(WorkbenchError::writing(folder))?;
    let mut text = Vec::new();
    for record in records {
        text.extend_from_slice(record);
        text.push(b'\n');
    }
    std::fs::write(file, text).map_err(WorkbenchError::writing(file))
}

/// The differences between records and the expected ones, attribute by attribute. The order of attributes
/// does not matter.
pub(super) fn differences(file: &Path, records: &[Vec<u8>]) -> Result<Vec<String>, WorkbenchError> {
    if !file.is_file() {
        return Ok(vec![format!(
            "{} is missing; look at the records with `portolan mapper run`, then write it with --bless",
            file.display()
        )]);
    }
    let text = portolan_machine::text::read_file(file, FILE_LIMIT_BYTES)
        .map_err(WorkbenchError::reading(file))?;
    let mut expected = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let record: Value = serde_json::from_str(line).map_err(|error| {
            WorkbenchError::Unfit(format!(
                "line {} of {} is not a record: {error}",
                number + 1,
                file.display()
            ))
        })?;
        expected.push(record);
    }
    let found = records
        .iter()
        .map(|record| serde_json::from_slice(record).unwrap_or_default())
        .collect();
    Ok(between(by_uid(expected), by_uid(found)))
}

/// Records by UID and number of earlier records of that UID: a recording may hold an object more than once.
fn by_uid(records: Vec<Value>) -> BTreeMap<(String, usize), Value> {
    let mut result = BTreeMap::new();
    for record in records {
        let uid = record["UID"].as_str().unwrap_or_default().to_owned();
        let before = result
            .range((uid.clone(), 0)..=(uid.clone(), usize::MAX))
            .count();
        result.insert((uid, before), record);
    }
    result
}

fn between(
    expected: BTreeMap<(String, usize), Value>,
    mut found: BTreeMap<(String, usize), Value>,
) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, expected) in expected {
        let uid = printable(&key.0, 256);
        match found.remove(&key) {
            None => differences.push(format!("{uid}: this record is missing")),
            Some(found) => attributes(&uid, &expected, &found, &mut differences),
        }
    }
    let more = found.into_keys();
    differences
        .extend(more.map(|(uid, _)| format!("{}: this record is new", printable(&uid, 256))));
    differences
}

fn attributes(uid: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    let (Some(expected), Some(found)) = (expected.as_object(), found.as_object()) else {
        differences.push(format!("{uid}: the expected record is not a JSON object"));
        return;
    };
    let shown = |value: Option<&Value>| match value {
        None => "nothing".to_owned(),
        Some(value) => printable(&value.to_string(), SHOWN_CHARACTERS),
    };
    let more = found.keys().filter(|name| !expected.contains_key(*name));
    for name in expected.keys().chain(more) {
        let (wanted, got) = (expected.get(name), found.get(name));
        if wanted != got {
            differences.push(format!(
                "{uid}: {}: expected {}, found {}",
                printable(name, 128),
                shown(wanted),
                shown(got)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_name_record_and_attribute() {
        let expected = vec![json!({"UID": "a", "X": 1, "Y": 2}), json!({"UID": "b"})];
        let found = vec![json!({"UID": "a", "Z": 3, "X": 4}), json!({"UID": "c"})];
        assert_eq!(
            between(by_uid(expected), by_uid(found)),
            [
                "a: X: expected 1, found 4",
                "a: Y: expected 2, found nothing",
                "a: Z: expected nothing, found 3",
                "b: this record is missing",
                "c: this record is new",
            ]
        );
    }

    #[test]
    fn an_object_may_come_twice() {
        let twice = || vec![json!({"UID": "a", "X": 1}), json!({"UID": "a", "X": 2})];
        assert_eq!(between(by_uid(twice()), by_uid(twice())), [""; 0]);
        let once = vec![json!({"UID": "a", "X": 1})];
        assert_eq!(between(by_uid(twice()), by_uid(once)).len(), 1);
    }
}
