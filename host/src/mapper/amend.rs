//! Merge patches (RFC 7396) of an overlay, applied to the records of a page.

use std::collections::HashMap;
use std::ops::Range;

use memchr::{memchr, memmem};
use serde_json::{Map, Value};

use super::isolate::{Breaker, isolated};
use super::{CallError, Engine, Issue, Mapped, Overlay, Row, Severity};
use crate::config::OnFailure;
use crate::page::Page;
use crate::validate::RecordValidator;

/// What identifies a record and says where and when it was seen is the host's.
pub const PROTECTED: [&str; 4] = ["UID", "ACCOUNT_ID", "REGION", "LAST_CAPTURED"];

/// An overlay at work for one object.
pub struct Amender {
    /// The module.
    pub overlay: std::sync::Arc<Overlay>,
    /// Whether it is still worth calling.
    pub breaker: Breaker,
}

/// The attributes that an overlay set or removed: position of the object in the page, and attribute.
pub type Touched = Vec<(usize, String)>;

impl Amender {
    /// Lets the overlay amend valid records. What it cannot amend, or amends badly, stays as it was with
    /// a warning, or is rejected, as configured.
    pub fn amend(
        &self,
        engine: &Engine,
        validator: &RecordValidator,
        page: &Page,
        mapped: &mut Mapped,
    ) -> Touched {
        let mut touched = Touched::new();
        let patches = isolated(self.overlay.name(), &self.breaker, page, &|part, range| {
            let rows: Vec<Row> = mapped
                .rows
                .iter()
                .filter(|row| range.contains(&row.source_index))
                .map(|row| Row {
                    source_index: row.source_index - range.start,
                    span: row.span.clone(),
                })
                .collect();
            self.overlay.amend(engine, part, &mapped.payload, &rows)
        });
        let patches = match patches {
            Ok(outcome) => outcome.mapped,
            Err(error) => {
                self.all_failed(&error, mapped);
                return touched;
            }
        };
        let mut by_index: HashMap<usize, &[u8]> = patches
            .rows
            .iter()
            .map(|row| (row.source_index, &patches.payload[row.span.clone()]))
            .collect();
        let mut rows = Vec::with_capacity(mapped.rows.len());
        for row in std::mem::take(&mut mapped.rows) {
            let Some(patch) = by_index.remove(&row.source_index) else {
                rows.push(row);
                continue;
            };
            match patched(&mut mapped.payload, &row, patch, validator) {
                Ok((span, attributes)) => {
                    let source_index = row.source_index;
                    rows.push(Row { source_index, span });
                    touched.extend(attributes.into_iter().map(|name| (source_index, name)));
                }
                Err(problem) => {
                    mapped
                        .issues
                        .push(self.issue(Some(row.source_index), problem));
                    if self.overlay.on_failure == OnFailure::KeepStock {
                        rows.push(row);
                    }
                }
            }
        }
        mapped.rows = rows;
        for issue in patches.issues {
            let is_failure = issue.severity == Severity::Rejected;
            let problem = Problem {
                code: issue.code,
                path: issue.path,
                message: issue.message,
            };
            let issue = if is_failure {
                self.issue(issue.source_index, problem)
            } else {
                Issue {
                    source_index: issue.source_index,
                    severity: Severity::Warning,
                    code: problem.code,
                    path: problem.path,
                    message: problem.message,
                }
            };
            if issue.severity == Severity::Rejected {
                mapped
                    .rows
                    .retain(|row| Some(row.source_index) != issue.source_index);
            }
            mapped.issues.push(issue);
        }
        touched
    }

    fn all_failed(&self, error: &CallError, mapped: &mut Mapped) {
        let problem = || Problem {
            code: error.code().into(),
            path: String::new(),
            message: error.to_string(),
        };
        match self.overlay.on_failure {
            OnFailure::KeepStock => mapped.issues.push(self.issue(None, problem())),
            OnFailure::Reject => {
                let rows = std::mem::take(&mut mapped.rows);
                mapped.issues.extend(
                    rows.into_iter()
                        .map(|row| self.issue(Some(row.source_index), problem())),
                );
            }
        }
    }

    fn issue(&self, source_index: Option<usize>, problem: Problem) -> Issue {
        Issue {
            source_index,
            severity: match self.overlay.on_failure {
                OnFailure::KeepStock => Severity::Warning,
                OnFailure::Reject => Severity::Rejected,
            },
            code: problem.code,
            path: problem.path,
            message: format!("overlay {}: {}", self.overlay.name(), problem.message),
        }
    }
}

struct Problem {
    code: String,
    path: String,
    message: String,
}

impl Problem {
    fn new(code: &str, path: String, message: String) -> Self {
        Self {
            code: code.into(),
            path,
            message,
        }
    }
}

/// Appends the record with its patch to the payload. Gives its place, and the attributes that the patch names.
fn patched(
    payload: &mut Vec<u8>,
    row: &Row,
    patch: &[u8],
    validator: &RecordValidator,
) -> Result<(Range<usize>, Vec<String>), Problem> {
    let start = payload.len();
    if let Some(attributes) = added(&payload[row.span.clone()], patch, validator) {
        payload.extend_from_within(row.span.start..row.span.end - 1);
        payload.push(b',');
        payload.extend_from_slice(&patch[1..]);
        return Ok((start..payload.len(), attributes));
    }
    let (record, attributes) = amended(&payload[row.span.clone()], patch, validator)?;
    payload.extend_from_slice(&record);
    Ok((start..payload.len(), attributes))
}

/// The attributes of a patch in the plain case, which needs neither parsing nor validating the record again:
/// each is new, valid by itself, and neither null nor an object.
fn added(record: &[u8], patch: &[u8], validator: &RecordValidator) -> Option<Vec<String>> {
    // A name with an escape could stand for any other.
    let is_plain = record.len() > 2 && record.ends_with(b"}") && memchr(b'\\', record).is_none();
    if !is_plain {
        return None;
    }
    let attributes = validator.check_addition(patch)?;
    let may_have = |name: &String| {
        let mut places = memmem::find_iter(record, name.as_bytes());
        places.any(|at| record.get(at + name.len()) == Some(&b'"'))
    };
    let is_new = |name: &String| !PROTECTED.contains(&name.as_str()) && !may_have(name);
    attributes.iter().all(is_new).then_some(attributes)
}

/// The record with its patch, and the attributes that the patch names.
fn amended(
    record: &[u8],
    patch: &[u8],
    validator: &RecordValidator,
) -> Result<(Vec<u8>, Vec<String>), Problem> {
    let bad = |message: &str| Problem::new("overlay-bad-patch", String::new(), message.to_owned());
    let mut record: Map<String, Value> =
        serde_json::from_slice(record).map_err(|_| bad("the record is not a JSON object"))?;
    let patch: Map<String, Value> =
        serde_json::from_slice(patch).map_err(|_| bad("its patch is not a JSON object"))?;
    if let Some(name) = PROTECTED.into_iter().find(|name| {
        patch
            .get(*name)
            .is_some_and(|value| record.get(*name) != Some(value))
    }) {
        let message = format!("it changes {name}, which is the host's");
        return Err(Problem::new(
            "overlay-changes-protected",
            format!("/{name}"),
            message,
        ));
    }
    let attributes = patch.keys().cloned().collect();
    merge(&mut record, patch);
    let bytes = serde_json::to_vec(&record).map_err(|_| bad("its patch cannot be written"))?;
    validator
        .check_value(&Value::Object(record))
        .map_err(|violations| {
            let violation = violations.into_iter().next();
            let (path, message) = violation.map_or_else(Default::default, |violation| {
                (violation.path, violation.message)
            });
            Problem::new(
                "overlay-invalid-record",
                path,
                format!("the amended record is not valid: {message}"),
            )
        })?;
    Ok((bytes, attributes))
}

/// RFC 7396: null removes, an object merges, everything else replaces.
fn merge(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(&name);
            }
            Value::Object(inner) => {
                let member = target
                    .entry(name)
                    .or_insert_with(|| Value::Object(Map::new()));
                if !member.is_object() {
                    *member = Value::Object(Map::new());
                }
                if let Value::Object(members) = member {
                    merge(members, inner);
                }
            }
            other => {
                target.insert(name, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7396, appendix A, whose target and patch are objects.
    #[test]
    fn merges_as_the_rfc_says() {
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (
                r#"{"a":{"b":"c"}}"#,
                r#"{"a":{"b":"d","c":null}}"#,
                r#"{"a":{"b":"d"}}"#,
            ),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let mut result = serde_json::from_str(target).expect("JSON");
            merge(&mut result, serde_json::from_str(patch).expect("JSON"));
            assert_eq!(
                serde_json::to_string(&result).expect("JSON"),
                expected,
                "{target} {patch}"
            );
        }
    }

    fn validator() -> RecordValidator {
        let declared = serde_json::json!({
            "OWNER": { "type": "string", "minLength": 2 },
            "LABELS": { "type": "array", "items": { "type": "string" } },
            "NOTE": { "type": ["string", "null"] },
        });
        let declared = declared.as_object().expect("an object");
        RecordValidator::new(crate::object::Object::EcsTask, declared).expect("a schema")
    }

    const RECORD: &str = concat!(
        r#"{"UID":"arn:aws:ecs:us-west-2:123456789012:task/prod/1","#,
        r#""TASK_ARN":"arn:aws:ecs:us-west-2:123456789012:task/prod/1","NAME":"1","CLOUD_PROVIDER":"AWS","#,
        r#""ACCOUNT_ID":"123456789012","REGION":"us-west-2","LAST_CAPTURED":"2026-11-21T01:32:00.123Z","#,
        r#""GROUP":"says OWNER and \"LABELS\"""#,
        "}"
    );

    fn patch_record(record: &str, patch: &str) -> Result<(Value, Vec<String>, bool), String> {
        let mut payload = record.as_bytes().to_vec();
        let row = Row {
            source_index: 0,
            span: 0..payload.len(),
        };
        let is_added = added(record.as_bytes(), patch.as_bytes(), &validator()).is_some();
        let (span, attributes) = patched(&mut payload, &row, patch.as_bytes(), &validator())
            .map_err(|problem| problem.code)?;
        assert_eq!(&payload[..row.span.end], record.as_bytes());
        let record = serde_json::from_slice(&payload[span]).expect("JSON");
        Ok((record, attributes, is_added))
    }

    /// Whether a record is parsed for its patch or not must make no difference.
    #[test]
    fn what_is_only_added_comes_out_as_what_is_merged() {
        let plain = RECORD.replace("\\\"", "'");
        for record in [RECORD, plain.as_str()] {
            for patch in [
                r#"{"OWNER":"us"}"#,
                r#"{"OWNER":"us","LABELS":["a","b"]}"#,
                r#"{"OWNER": "us"}"#,
                r#"{"OWNER":"a, b"}"#,
                r#"{"OWNER":null}"#,
                r#"{"NOTE":null}"#,
                r#"{"GROUP":"other"}"#,
                r#"{"GROUP":null,"OWNER":"us"}"#,
                r#"{"OWN\u0045R":"us"}"#,
                "{}",
                r#"{"OWNER":"u"}"#,
                r#"{"OWNER":7}"#,
                r#"{"SURPRISE":"!"}"#,
                r#"{"UID":"mine"}"#,
                r#"{"REGION":null}"#,
                r#"{"OWNER":"us"} "#,
                r#"{"OWNER":"us""#,
                "[]",
            ] {
                let merged = amended(record.as_bytes(), patch.as_bytes(), &validator());
                let merged = merged.map(|(record, attributes)| {
                    let record: Value = serde_json::from_slice(&record).expect("JSON");
                    (record, attributes)
                });
                let both = patch_record(record, patch).map(|(record, names, _)| (record, names));
                assert_eq!(both, merged.map_err(|problem| problem.code), "{patch}");
            }
        }
    }

    #[test]
    fn only_the_plain_case_goes_without_parsing() {
        let plain = RECORD.replace("\\\"", "'");
        let is_added = |record: &str, patch| patch_record(record, patch).map(|(.., added)| added);
        assert_eq!(is_added(&plain, r#"{"OWNER":"us"}"#), Ok(true));
        assert_eq!(is_added(RECORD, r#"{"OWNER":"us"}"#), Ok(false));
        let with_owner = plain.replace("{", r#"{"OWNER":"them","#);
        assert_eq!(is_added(&with_owner, r#"{"OWNER":"us"}"#), Ok(false));
        assert_eq!(is_added(&plain, r#"{"OWNER":"us","NOTE":null}"#), Ok(false));
        let without_region = plain.replace(r#""REGION":"us-west-2","#, "");
        let bad = Err("overlay-changes-protected".to_owned());
        assert_eq!(is_added(&without_region, r#"{"REGION":"mine"}"#), bad);
    }
}
