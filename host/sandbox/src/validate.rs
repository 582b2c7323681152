//! The last gate before a sink: every record is checked against its object's JSON Schema.

mod borrowed;
mod read;

use std::borrow::Cow;

use serde_json::{Map, Value};

use borrowed::{Borrowed, BorrowedJson};
use portolan_page::object::Object;
use portolan_page::schemas;
use read::Record;

/// Checks the records of one object.
#[derive(Clone)]
pub struct RecordValidator {
    validator: jsonschema::Validator<BorrowedJson>,
    /// The same without what a record must have; none if the schema says more than which values each
    /// attribute may have.
    additions: Option<jsonschema::Validator<BorrowedJson>>,
    attributes: Vec<String>,
}

/// What a schema may say so that a valid record with further valid attributes is valid again.
const INDEPENDENT: [&str; 10] = [
    "$schema",
    "$id",
    "$defs",
    "title",
    "description",
    "type",
    "properties",
    "additionalProperties",
    "required",
    "x-data-model",
];

/// A schema that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

/// What is wrong with a record: where, and why. Never holds the record's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON Pointer into the record, empty for the whole.
    pub path: String,
    /// A sentence.
    pub message: String,
}

impl RecordValidator {
    /// The object's committed schema, with the attributes that a module declares beside it.
    ///
    /// # Errors
    /// If a declared attribute is no valid schema, or claims a stock attribute's name.
    pub fn new(object: Object, declared: &Map<String, Value>) -> Result<Self, SchemaError> {
        let mut schema: Value = schemas::record(object);
        if !declared.is_empty() {
            let properties = schema["properties"]
                .as_object_mut()
                .ok_or_else(|| SchemaError("the stock schema has no properties".into()))?;
            for (name, attribute) in declared {
                if properties.insert(name.clone(), attribute.clone()).is_some() {
                    return Err(SchemaError(format!(
                        "{name} is a stock attribute of {object}; only new ones can be declared"
                    )));
                }
            }
        }
        let build = |schema: &Value| {
            jsonschema::options_for::<BorrowedJson>()
                .with_draft(jsonschema::Draft::Draft202012)
                .with_pattern_options(jsonschema::PatternOptions::regex())
                .build(schema)
                .map_err(|error| {
                    // It may repeat a part of what a module declares.
                    let reason = format!("at {}: {error}", error.instance_path());
                    SchemaError(portolan_machine::text::printable(&reason, 400))
                })
        };
        let validator = build(&schema)?;
        let says = schema.as_object();
        let is_independent =
            says.is_some_and(|says| says.keys().all(|word| INDEPENDENT.contains(&word.as_str())));
        let additions = match is_independent {
            true => {
                let mut without_required = schema.clone();
                if let Some(words) = without_required.as_object_mut() {
                    words.shift_remove("required");
                }
                Some(build(&without_required)?)
            }
            false => None,
        };
        let attributes = schema["properties"].as_object();
        let attributes = attributes.map(|properties| properties.keys().cloned().collect());
        Ok(Self {
            validator,
            additions,
            attributes: attributes.unwrap_or_default(),
        })
    }

    /// Every attribute that a record may have.
    #[must_use]
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Checks one record as it stands in a payload or a file.
    ///
    /// # Errors
    /// Every violation, or that the text is no JSON object.
    pub fn check(&self, record: &[u8]) -> Result<(), Vec<Violation>> {
        if record.contains(&b'\n') {
            return Err(vec![whole("a record has to stand on one line")]);
        }
        // Once for all of its texts, which the parser would otherwise check one by one.
        let text = std::str::from_utf8(record).map_err(|error| {
            let position = error.valid_up_to();
            vec![whole(&format!(
                "the record is not JSON (not UTF-8 at byte {position})"
            ))]
        })?;
        let Record(value) = serde_json::from_str(text).map_err(|error| {
            // serde_json's text may quote the record, its position does not.
            let reason = if error.is_data() {
                "not a flat JSON object with each attribute once"
            } else {
                "not JSON"
            };
            vec![whole(&format!(
                "the record is {reason} (at byte {})",
                error.column()
            ))]
        })?;
        self.check_borrowed(&value)
    }

    /// Checks attributes that may be added to a valid record, and gives their names: a JSON object without
    /// space between its parts, with at least one member, none of which is null or an object. None if they
    /// are not of this kind or not valid, or if only the whole record can tell.
    pub(crate) fn check_addition<'a>(&self, attributes: &'a [u8]) -> Option<Vec<Cow<'a, str>>> {
        let additions = self.additions.as_ref()?;
        let text = std::str::from_utf8(attributes).ok()?;
        if !text.starts_with('{') || !text.ends_with('}') || has_space_between(attributes) {
            return None;
        }
        let Record(value) = serde_json::from_str(text).ok()?;
        if !additions.is_valid(&value) {
            return None;
        }
        let Borrowed::Object(members) = value else {
            return None;
        };
        let is_plain =
            |value: &Borrowed<'_>| !matches!(value, Borrowed::Null | Borrowed::Object(_));
        let are_plain = !members.is_empty() && members.iter().all(|(_, value)| is_plain(value));
        are_plain.then(|| members.into_iter().map(|(name, _)| name).collect())
    }

    /// Checks a record that is already parsed.
    ///
    /// # Errors
    /// Every violation.
    pub fn check_value(&self, value: &Value) -> Result<(), Vec<Violation>> {
        self.check_borrowed(&Borrowed::from(value))
    }

    fn check_borrowed<'r>(&self, value: &'r Borrowed<'r>) -> Result<(), Vec<Violation>> {
        if self.validator.is_valid(value) {
            return Ok(());
        }
        Err(self
            .validator
            .iter_errors(value)
            .take(10)
            .map(|error| Violation {
                path: error.instance_path().to_string(),
                message: portolan_machine::text::printable(
                    &error.masked_with("the value").to_string(),
                    300,
                ),
            })
            .collect())
    }
}

/// Whether there may be space between the parts of a JSON text; space inside a string may look like it.
fn has_space_between(text: &[u8]) -> bool {
    // Most have none at all, which is seen faster.
    text.iter().any(u8::is_ascii_whitespace)
        && text.windows(2).any(|pair| {
            let is_after = b"{[:,".contains(&pair[0]) && pair[1].is_ascii_whitespace();
            let is_before = pair[0].is_ascii_whitespace() && b"}]:,".contains(&pair[1]);
            is_after || is_before
        })
}

fn whole(message: &str) -> Violation {
    Violation {
        path: String::new(),
        message: message.into(),
    }
}
