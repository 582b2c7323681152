//! Applies merge patches (RFC 7396) to records.

use std::collections::HashMap;
use std::sync::Arc;

use memchr::{memchr, memmem};
use serde_json::{Map, Value};

use crate::validate::RecordValidator;

/// The attributes that only the host sets: the identity of a record, and where and when it was captured.
pub const PROTECTED: [&str; 4] = ["UID", "ACCOUNT_ID", "REGION", "LAST_CAPTURED"];

/// The attributes that an overlay set or removed: position of the object in the page, and attribute.
pub type Touched = Vec<(usize, Arc<str>)>;

/// The reason that a patch cannot be applied to a record.
pub(super) struct PatchProblem {
    pub(super) code: String,
    pub(super) path: String,
    pub(super) message: String,
}

impl PatchProblem {
    fn new(code: &str, path: String, message: String) -> Self {
        Self {
            code: code.into(),
            path,
            message,
        }
    }
}

/// Applies the patches of one overlay to the records of a page.
pub(super) struct Patcher<'v> {
    validator: &'v RecordValidator,
    names: Names,
    /// The attributes of patches that may be added to a record without parsing it; `None` for other patches.
    /// Tasks of one service have the same tags, and so the same patch.
    additions: HashMap<&'v [u8], Option<Vec<usize>>>,
}

impl<'v> Patcher<'v> {
    pub(super) fn new(validator: &'v RecordValidator) -> Self {
        Self {
            validator,
            names: Names::default(),
            additions: HashMap::new(),
        }
    }

    /// Appends the record with its patch to the payload, and stores the attributes that the patch names.
    pub(super) fn patch(
        &mut self,
        record: &[u8],
        source_index: usize,
        patch: &'v [u8],
        payload: &mut Vec<u8>,
        touched: &mut Touched,
    ) -> Result<(), PatchProblem> {
        if self.only_adds(record, patch, source_index, touched) {
            payload.extend_from_slice(&record[..record.len() - 1]);
            payload.push(b',');
            payload.extend_from_slice(&patch[1..]);
            return Ok(());
        }
        let (record, attributes) = amended(record, patch, self.validator)?;
        payload.extend_from_slice(&record);
        touched.extend(attributes.iter().map(|name| {
            let place = self.names.place(name);
            (source_index, self.names.name(place))
        }));
        Ok(())
    }

    /// Whether the record needs neither parsing nor validation: each attribute of the patch is new, valid by
    /// itself, and neither null nor an object. If so, it stores the attributes.
    fn only_adds(
        &mut self,
        record: &[u8],
        patch: &'v [u8],
        source_index: usize,
        touched: &mut Touched,
    ) -> bool {
        // A name with an escape may be equal to any other name.
        let is_plain =
            record.len() > 2 && record.ends_with(b"}") && memchr(b'\\', record).is_none();
        if !is_plain {
            return false;
        }
        let (names, validator) = (&mut self.names, self.validator);
        let known = self.additions.entry(patch);
        let known = known.or_insert_with(|| names.of_addition(validator, patch));
        let Some(places) = known else {
            return false;
        };
        if places.iter().any(|place| names.may_be_in(*place, record)) {
            return false;
        }
        touched.extend(
            places
                .iter()
                .map(|place| (source_index, names.name(*place))),
        );
        true
    }
}

/// The names in an overlay's patches, each with a prepared search.
#[derive(Default)]
struct Names(Vec<AttributeName>);

struct AttributeName {
    name: Arc<str>,
    finder: memmem::Finder<'static>,
}

impl Names {
    fn place(&mut self, name: &str) -> usize {
        let place = self.0.iter().position(|known| &*known.name == name);
        place.unwrap_or_else(|| {
            self.0.push(AttributeName {
                name: name.into(),
                finder: memmem::Finder::new(name).into_owned(),
            });
            self.0.len() - 1
        })
    }

    fn name(&self, place: usize) -> Arc<str> {
        Arc::clone(&self.0[place].name)
    }

    /// The attributes of a patch that may be added to a valid record without validation.
    fn of_addition(&mut self, validator: &RecordValidator, patch: &[u8]) -> Option<Vec<usize>> {
        let attributes = validator.check_addition(patch)?;
        let is_ours = |name: &str| PROTECTED.contains(&name);
        if attributes.iter().any(|name| is_ours(name)) {
            return None;
        }
        Some(attributes.iter().map(|name| self.place(name)).collect())
    }

    /// Whether a record without escapes may have an attribute with this name.
    fn may_be_in(&self, place: usize, record: &[u8]) -> bool {
        let AttributeName { name, finder } = &self.0[place];
        let mut places = finder.find_iter(record);
        places.any(|at| record.get(at + name.len()) == Some(&b'"'))
    }
}

/// The record with its patch, and the attributes that the patch names.
fn amended(
    record: &[u8],
    patch: &[u8],
    validator: &RecordValidator,
) -> Result<(Vec<u8>, Vec<String>), PatchProblem> {
    let bad =
        |message: &str| PatchProblem::new("overlay-bad-patch", String::new(), message.to_owned());
    let mut record: Map<String, Value> =
        serde_json::from_slice(record).map_err(|_| bad("the record is not a JSON object"))?;
    let patch: Map<String, Value> =
        serde_json::from_slice(patch).map_err(|_| bad("its patch is not a JSON object"))?;
    if let Some(name) = PROTECTED.into_iter().find(|name| {
        patch
            .get(*name)
            .is_some_and(|value| record.get(*name) != Some(value))
    }) {
        let message = format!("it changes {name}, which only the host sets");
        return Err(PatchProblem::new(
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
            let hint = match message.starts_with("Additional properties") {
                true => {
                    "; an attribute that the stock schema lacks has to be declared by the module"
                }
                false => "",
            };
            PatchProblem::new(
                "overlay-invalid-record",
                path,
                format!("the amended record is not valid: {message}{hint}"),
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
        RecordValidator::new(portolan_page::object::Object::EcsTask, declared).expect("a schema")
    }

    const RECORD: &str = concat!(
        r#"{"UID":"arn:aws:ecs:us-west-2:123456789012:task/prod/1","#,
        r#""TASK_ARN":"arn:aws:ecs:us-west-2:123456789012:task/prod/1","NAME":"1","CLOUD_PROVIDER":"AWS","#,
        r#""ACCOUNT_ID":"123456789012","REGION":"us-west-2","LAST_CAPTURED":"2026-11-21T01:32:00.123Z","#,
        r#""GROUP":"says OWNER and \"LABELS\"""#,
        "}"
    );

    fn patch_record(record: &str, patch: &str) -> Result<(Value, Vec<String>, bool), String> {
        let validator = validator();
        let mut patcher = Patcher::new(&validator);
        let is_added =
            patcher.only_adds(record.as_bytes(), patch.as_bytes(), 0, &mut Touched::new());
        let mut touched = Touched::new();
        let mut payload = Vec::new();
        let patched = patcher.patch(
            record.as_bytes(),
            0,
            patch.as_bytes(),
            &mut payload,
            &mut touched,
        );
        if let Err(problem) = patched {
            assert!(payload.is_empty() && touched.is_empty(), "{patch}");
            return Err(problem.code);
        }
        let record = serde_json::from_slice(&payload).expect("JSON");
        let names = touched.iter().map(|(_, name)| name.to_string()).collect();
        Ok((record, names, is_added))
    }

    /// The result must not depend on whether a record is parsed for its patch.
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

    /// The cache of a patch must not depend on the record.
    #[test]
    fn a_known_patch_is_compared_with_every_record() {
        let plain = RECORD.replace("\\\"", "'");
        let with_owner = plain.replacen('{', r#"{"OWNER":"them","#, 1);
        let (validator, mut payload, mut touched) = (validator(), Vec::new(), Touched::new());
        let mut patcher = Patcher::new(&validator);
        for (index, record) in [&plain, &with_owner, &plain].into_iter().enumerate() {
            payload.clear();
            let patched = patcher.patch(
                record.as_bytes(),
                index,
                br#"{"OWNER":"us"}"#,
                &mut payload,
                &mut touched,
            );
            assert!(patched.is_ok());
            let text = String::from_utf8(payload.clone()).expect("UTF-8");
            assert_eq!(text.matches(r#""OWNER":"#).count(), 1, "{text}");
            assert!(text.contains(r#""OWNER":"us""#), "{text}");
            assert_eq!(touched.len(), index + 1);
        }
        let bad = patcher.patch(
            plain.as_bytes(),
            3,
            br#"{"OWNER":7}"#,
            &mut payload,
            &mut touched,
        );
        assert!(bad.is_err());
    }
}
