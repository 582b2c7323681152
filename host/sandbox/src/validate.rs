//! Checks every record against its object's JSON Schema before it reaches a sink.

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
    /// The same schema without required attributes. `None` if the schema has rules beyond the values of
    /// single attributes.
    additions: Option<jsonschema::Validator<BorrowedJson>>,
    attributes: Vec<String>,
}

/// Keywords that cannot make a valid record invalid when valid attributes are added.
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

/// A schema is not valid.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

/// A rule that a record breaks. It never holds the record's values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// A JSON Pointer into the record; empty for the whole record.
    pub path: String,
    /// A sentence that names the rule.
    pub message: String,
}

impl RecordValidator {
    /// Uses the object's stock schema, with the attributes that a module declares.
    ///
    /// # Errors
    /// Fails if a declared attribute is not a valid schema, or has the name of a stock attribute.
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
                    // The error may quote a part of the module's declaration.
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

    /// The attributes that a record may have.
    #[must_use]
    pub fn attributes(&self) -> &[String] {
        &self.attributes
    }

    /// Checks the text of one record.
    ///
    /// # Errors
    /// All violations, or one if the text is not a JSON object.
    pub fn check(&self, record: &[u8]) -> Result<(), Vec<Violation>> {
        if record.contains(&b'\n') {
            return Err(vec![whole("a record has to stand on one line")]);
        }
        // Checked once for the whole record; the parser would check each text.
        let text = std::str::from_utf8(record).map_err(|error| {
            let position = error.valid_up_to();
            vec![whole(&format!(
                "the record is not JSON (not UTF-8 at byte {position})"
            ))]
        })?;
        let Record(value) = serde_json::from_str(text).map_err(|error| {
            // serde_json's text may quote the record; the position does not.
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

    /// Checks attributes that may be added to a valid record, and returns their names. They must be a JSON
    /// object without space between its parts, with at least one member, and without members that are null or
    /// objects. `None` if they are not, if they are not valid, or if only the whole record decides.
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

    /// Checks a parsed record.
    ///
    /// # Errors
    /// All violations.
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

/// Whether there may be space between the parts of a JSON text. Space inside a string may match too.
fn has_space_between(text: &[u8]) -> bool {
    // Most texts contain no space, which is faster to check.
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
