//! Attributes that the stock mappings in Rust have and tables cannot express.

use serde::de::IgnoredAny;

/// Attributes that records with this ARN lack or have otherwise, and why.
pub(crate) const BEYOND_TABLES: [(&str, &str, &str); 2] = [
    (
        "TASK_DEFINITION_ARN",
        "EFS_WITHOUT_TRANSIT_ENCRYPTION",
        "a volume may be named after its place, and an expression knows no places",
    ),
    (
        "TASK_DEFINITION_ARN",
        "EFS_WITHOUT_AUTHORIZATION",
        "a volume may be named after its place, and an expression knows no places",
    ),
];

/// The text of a record without these attributes; everything else stays byte for byte.
pub(crate) fn without_them(record: &str) -> String {
    let mut record = record.to_owned();
    for (arn, name, _) in BEYOND_TABLES {
        // Inside a text, quotes would have a backslash before them.
        let begin = format!(",\"{name}\":");
        let Some(start) = record.find(&begin) else {
            continue;
        };
        if record.contains(&format!("\"{arn}\":")) {
            let value = start + begin.len();
            let rest = serde_json::Deserializer::from_str(&record[value..]);
            let mut values = rest.into_iter::<IgnoredAny>();
            values.next();
            let end = value + values.byte_offset();
            record.replace_range(start..end, "");
        }
    }
    record
}
