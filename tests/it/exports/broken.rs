use portolan_export::Format;
use serde_json::{Value, json};

use super::{odd, validate};

/// Each format with one fault: the text to replace, its replacement, and a part of what the validator says.
const FAULTS: [(Format, &str, &str, &str); 14] = [
    (
        Format::Ocsf,
        "\"time\":1795224720123",
        "\"time\":1795224720",
        "milliseconds",
    ),
    (
        Format::Ocsf,
        "\"class_name\"",
        "\"klass_name\"",
        "klass_name",
    ),
    (
        Format::Ocsf,
        "\"status\":\"Suppressed\"",
        "\"status\":\"Muted\"",
        "not Muted",
    ),
    (
        Format::Ocsf,
        "\"cloud\":{",
        "\"device\":{",
        "'cloud' is a required property",
    ),
    (
        Format::Ocsf,
        "\"src_endpoint\":",
        "\"unmapped\":",
        "'src_endpoint' is a required property",
    ),
    (
        Format::Sarif,
        "\"kind\":\"open\"",
        "\"kind\":\"unknown\"",
        "'unknown' is not one of",
    ),
    (
        Format::Sarif,
        "\"ruleIndex\":0",
        "\"ruleIndex\":77",
        "SARIF1009",
    ),
    (
        Format::Asff,
        "\"Title\":\"TD.1 ",
        "\"Title\":\"TD.1 TD.1 ",
        "257 characters, and 256 are allowed",
    ),
    (
        Format::Asff,
        "\"Label\":\"HIGH\"",
        "\"Label\":\"SEVERE\"",
        "SEVERE, which is not one of",
    ),
    (
        Format::Asff,
        "\"GeneratorId\"",
        "\"Generator\"",
        "Missing required parameter",
    ),
    (
        Format::Asff,
        "\"RecordState\":",
        "\"Workflow\":{},\"RecordState\":",
        "does not take Workflow",
    ),
    (
        Format::Asff,
        "\"Partition\":",
        "\"Details\":{},\"Partition\":",
        "has details",
    ),
    (Format::Csv, "'=1+1", "=1+1", "formula"),
    (Format::Csv, "UID,", "", "cells, and the header"),
];

#[test]
fn validators_refuse_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (format, right, wrong, said) in FAULTS {
        let export = odd::export(format, None);
        assert!(export.contains(right), "{right}");
        let mut broken = export.replace(right, wrong);
        if said.starts_with("257") {
            broken = one_too_long(&export);
        }
        let file = folder.path().join("broken");
        std::fs::write(&file, broken).unwrap();
        let Some(ended) = validate(format, &file) else {
            return;
        };
        assert_eq!(ended.status, 1, "{wrong}: {ended:#?}");
        assert!(ended.stdout.contains(said), "{wrong}: {}", ended.stdout);
    }
}

/// The first finding with a title of one character more than AWS allows.
fn one_too_long(export: &str) -> String {
    let first = export.lines().next().unwrap();
    let mut first: Value = serde_json::from_str(first).unwrap();
    first["Title"] = json!("x".repeat(257));
    format!("{first}\n")
}
