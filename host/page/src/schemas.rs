//! The committed schemas, which are embedded in this program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::object::Object;

// The objects' schemas, by name (see build.rs).
include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// The schemas of all other files that users read and write.
const OTHERS: [(&str, &str); 12] = [
    (
        "Finding",
        include_str!("../../../schemas/Finding.schema.json"),
    ),
    (
        "assessment",
        include_str!("../../../schemas/assessment.schema.json"),
    ),
    ("mutes", include_str!("../../../schemas/mutes.schema.json")),
    (
        "changes",
        include_str!("../../../schemas/changes.schema.json"),
    ),
    (
        "config",
        include_str!("../../../schemas/config.schema.json"),
    ),
    ("lock", include_str!("../../../schemas/lock.schema.json")),
    (
        "manifest",
        include_str!("../../../schemas/manifest.schema.json"),
    ),
    ("plan", include_str!("../../../schemas/plan.schema.json")),
    (
        "report",
        include_str!("../../../schemas/report.schema.json"),
    ),
    (
        "signature",
        include_str!("../../../schemas/signature.schema.json"),
    ),
    (
        "controls",
        include_str!("../../../schemas/controls.schema.json"),
    ),
    ("table", include_str!("../../../schemas/table.schema.json")),
];

/// Every schema by the name under which `portolan schema` prints it.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    OBJECTS.iter().chain(&OTHERS).copied()
}

/// The text of a schema.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    all()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| text)
}

/// The schema of an object's records.
///
/// # Panics
/// Panics if a committed schema is not JSON; a test excludes that.
#[must_use]
pub fn record(object: Object) -> Value {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of this program and a test reads it"
    )]
    serde_json::from_str(text(object.name()).expect("every object has a schema"))
        .expect("committed schemas are JSON")
}

/// Whether the stock schema of an object has an attribute. Modules with an extension add others.
#[must_use]
pub fn has_attribute(object: Object, name: &str) -> bool {
    static STOCK: LazyLock<BTreeMap<Object, Value>> = LazyLock::new(|| {
        let all = Object::ALL.into_iter();
        all.map(|object| (object, record(object))).collect()
    });
    STOCK
        .get(&object)
        .is_some_and(|schema| schema["properties"].get(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_a_schema() {
        for (name, text) in all() {
            let schema: Value = serde_json::from_str(text).expect("JSON");
            jsonschema::draft202012::new(&schema).expect(name);
        }
        for object in Object::ALL {
            assert_eq!(record(object)["title"], object.name());
        }
    }
}
