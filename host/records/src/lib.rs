//! Makes valid records of pages: mapping, validation, and an account of every object of a page.

/// The differences from an earlier output.
pub mod changes;
/// The differences between two modules' records of the same pages.
pub mod differences;
/// The report of a sync.
pub mod report;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::value::RawValue;

use portolan_page::Page;
use portolan_page::ledger::{Provenance, RejectionLine};
use portolan_sandbox::validate::RecordValidator;
use portolan_sandbox::{
    CallError, Engine, Issue, Mapped, MappedRecord, Mapper, Outcome, Severity, Touched,
};

/// The result of mapping a page.
#[derive(Debug)]
pub struct Records {
    payload: Vec<u8>,
    rows: Vec<MappedRecord>,
    /// Objects that have no record.
    pub rejections: Vec<Rejection>,
    /// The mapper's warnings about objects with a record, or about the page.
    pub warnings: Vec<Issue>,
    /// A failure of the module for some of the objects.
    pub isolated: Option<CallError>,
    /// For each overlay, in order, the attributes that it set or removed.
    pub touched: Vec<(String, Touched)>,
}

/// An object that was described and has no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The object's position in the page.
    pub source_index: usize,
    /// The object's ARN, if it has one.
    pub arn: Option<String>,
    /// A short constant in kebab case.
    pub code: String,
    /// The path in the page, or the JSON Pointer in a record that is not valid.
    pub path: String,
    /// The reason, in a sentence.
    pub message: String,
}

/// Which module set each attribute of one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authors {
    /// The UID of the record.
    #[serde(rename = "UID")]
    pub uid: String,
    /// By attribute, the name and version of the module.
    pub provenance: BTreeMap<String, String>,
}

impl Authors {
    /// The attributes and their modules as a JSON object.
    pub fn modules(&self) -> Vec<u8> {
        // Serialization of texts does not fail.
        serde_json::to_vec(&self.provenance).unwrap_or_else(|_| b"{}".to_vec())
    }
}

impl Records {
    /// Lines of another kind than records, each with the position of its object, for tools that show both.
    #[must_use]
    pub fn of_lines(
        lines: Vec<(usize, Vec<u8>)>,
        rejections: Vec<Rejection>,
        warnings: Vec<Issue>,
        isolated: Option<CallError>,
    ) -> Self {
        let mut payload = Vec::new();
        let rows = lines.into_iter().map(|(source_index, line)| {
            let start = payload.len();
            payload.extend(line);
            MappedRecord {
                source_index,
                span: start..payload.len(),
            }
        });
        Self {
            rows: rows.collect(),
            payload,
            rejections,
            warnings,
            isolated,
            touched: Vec::new(),
        }
    }

    /// The records, each a JSON object on one line.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.iter().map(|row| &self.payload[row.span.clone()])
    }

    /// The records, each with the position of its object in the page.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[u8])> {
        self.rows
            .iter()
            .map(|row| (row.source_index, &self.payload[row.span.clone()]))
    }

    /// The number of records in which a module set an attribute, by attribute and module.
    #[must_use]
    pub fn provenance(&self, mapping: &str) -> Provenance {
        let last = self.last_touched();
        let mut provenance = Provenance::new();
        for row in &self.rows {
            let record: BTreeMap<&str, &RawValue> =
                serde_json::from_slice(&self.payload[row.span.clone()]).unwrap_or_default();
            for attribute in record.into_keys() {
                let module = last
                    .get(&(row.source_index, attribute))
                    .copied()
                    .unwrap_or(mapping);
                let modules = provenance.entry(attribute.to_owned()).or_default();
                *modules.entry(module.to_owned()).or_default() += 1;
            }
        }
        provenance
    }

    /// For each record, in order, the module that set each attribute.
    #[must_use]
    pub fn authors(&self, mapping: &str) -> Vec<Authors> {
        let last = self.last_touched();
        self.rows
            .iter()
            .map(|row| {
                let record: BTreeMap<&str, &RawValue> =
                    serde_json::from_slice(&self.payload[row.span.clone()]).unwrap_or_default();
                let uid = record.get("UID");
                let uid = uid.and_then(|uid| serde_json::from_str(uid.get()).ok());
                let author = |attribute: &str| {
                    let module = last.get(&(row.source_index, attribute)).copied();
                    module.unwrap_or(mapping).to_owned()
                };
                let names = record.keys();
                Authors {
                    uid: uid.unwrap_or_default(),
                    provenance: names
                        .map(|name| ((*name).to_owned(), author(name)))
                        .collect(),
                }
            })
            .collect()
    }

    /// The overlay that touched an attribute last.
    fn last_touched(&self) -> HashMap<(usize, &str), &str> {
        let mut last = HashMap::new();
        for (module, touched) in &self.touched {
            for (index, attribute) in touched {
                last.insert((*index, &**attribute), module.as_str());
            }
        }
        last
    }

    /// The problems that must not occur, whatever a page holds, as sentences. `sound` is an object that must
    /// have a record.
    #[must_use]
    pub fn problems(&self, sound: Option<usize>) -> Vec<String> {
        let mut problems: Vec<String> = Vec::new();
        problems.extend(self.isolated.as_ref().map(ToString::to_string));
        for rejection in &self.rejections {
            let place = match rejection.path.as_str() {
                "" => String::new(),
                path => format!("{path}: "),
            };
            match rejection.code.as_str() {
                "invalid-record" => problems.push(format!(
                    "a record is not valid: {place}{}",
                    rejection.message
                )),
                "lost-by-mapper" => problems.push(rejection.message.clone()),
                _ if sound == Some(rejection.source_index) => problems.push(format!(
                    "another object, which is sound, has no record: {}",
                    rejection.message
                )),
                _ => {}
            }
        }
        let overlay = self.warnings.iter().filter(|warning| {
            warning.code.starts_with("overlay-") || warning.code.starts_with("mapper-")
        });
        problems.extend(overlay.map(|warning| match warning.path.as_str() {
            "" => warning.message.clone(),
            path => format!("{path}: {}", warning.message),
        }));
        problems
    }

    /// The objects without a record, as lines of a ledger.
    pub fn rejection_lines(&self) -> impl Iterator<Item = RejectionLine> {
        self.rejections.iter().map(|rejection| RejectionLine {
            arn: rejection.arn.clone(),
            code: rejection.code.clone(),
            path: rejection.path.clone(),
            message: rejection.message.clone(),
        })
    }

    /// The warnings about records of `page` and about the page itself, as lines of a ledger.
    pub fn warning_lines(&self, page: &Page) -> impl Iterator<Item = RejectionLine> {
        let isolated = self.isolated.iter().map(|error| RejectionLine {
            arn: None,
            code: error.code().into(),
            path: String::new(),
            message: format!("a page had to be mapped in parts: {error}"),
        });
        isolated.chain(self.warnings.iter().map(|warning| RejectionLine {
            arn: warning.source_index.and_then(|index| page.arn(index)),
            code: warning.code.clone(),
            path: warning.path.clone(),
            message: warning.message.clone(),
        }))
    }

    /// The number of records.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Maps a page, amends the records with overlays, and keeps the valid ones. Afterwards every object of the
/// page is a record or a rejection.
///
/// # Errors
/// Fails if no object of the page could be mapped.
pub fn from_page(engine: &Engine, mapper: &Mapper, page: &Page) -> Result<Records, CallError> {
    let Outcome {
        mut mapped,
        isolated,
    } = mapper.map(engine, page)?;
    let mut account = PageAccount::of(page);
    account.keep_valid(&mut mapped, &mapper.validator);
    // Each amended record is validated, so valid records stay valid.
    let amenders = mapper.amenders.iter();
    let touched = amenders
        .map(|amender| {
            let touched = amender.amend(engine, &mapper.validator, page, &mut mapped);
            (amender.overlay.component.name().to_owned(), touched)
        })
        .collect();
    for row in &mapped.rows {
        mapper.unfilled.see(&mapped.payload[row.span.clone()]);
        account.is_settled[row.source_index] = true;
    }
    let warnings = account.reject_as_said(mapped.issues);
    account.reject_the_rest(mapper.module.component.name());
    Ok(Records {
        payload: mapped.payload,
        rows: mapped.rows,
        rejections: account.rejections,
        warnings,
        isolated,
        touched,
    })
}

/// The outcome of each object of a page so far.
struct PageAccount<'p> {
    page: &'p Page,
    /// By place: whether the object is a record or a rejection.
    is_settled: Vec<bool>,
    rejections: Vec<Rejection>,
}

impl<'p> PageAccount<'p> {
    fn of(page: &'p Page) -> Self {
        Self {
            page,
            is_settled: vec![false; page.len()],
            rejections: Vec::new(),
        }
    }

    fn reject(&mut self, source_index: usize, code: &str, path: String, message: String) {
        self.is_settled[source_index] = true;
        self.rejections.push(Rejection {
            source_index,
            arn: self.page.arn(source_index),
            code: code.to_owned(),
            path,
            message,
        });
    }

    /// Rejects records that do not follow their schema.
    fn keep_valid(&mut self, mapped: &mut Mapped, validator: &RecordValidator) {
        mapped.rows.retain(|row| {
            let checked = validator.check(&mapped.payload[row.span.clone()]);
            let Err(violations) = checked else {
                return true;
            };
            let path = violations.first().map(|violation| violation.path.clone());
            let messages: Vec<String> = violations.into_iter().map(|each| each.message).collect();
            let (path, message) = (path.unwrap_or_default(), messages.join("; "));
            self.reject(row.source_index, "invalid-record", path, message);
            false
        });
    }

    /// Rejects the objects that the module rejects, and returns its other issues.
    fn reject_as_said(&mut self, issues: Vec<Issue>) -> Vec<Issue> {
        let mut warnings = Vec::new();
        for issue in issues {
            match issue.source_index {
                Some(index) if issue.severity == Severity::Rejected && !self.is_settled[index] => {
                    self.reject(index, &issue.code, issue.path, issue.message);
                }
                _ => warnings.push(issue),
            }
        }
        warnings
    }

    /// Rejects the objects without a record and without an issue.
    fn reject_the_rest(&mut self, module: &str) {
        let page = self.page;
        for index in page.described() {
            if !self.is_settled[index] {
                let message = format!("module {module} returned neither a record nor a reason");
                self.reject(index, "lost-by-mapper", String::new(), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use portolan_page::Origin;
    use portolan_page::object::Object;

    use super::*;

    fn page() -> Page {
        let origin = Origin {
            partition: "aws".into(),
            account_id: "123456789012".into(),
            region: "us-west-2".into(),
            captured_at: "2026-11-21T01:32:00.123Z".into(),
        };
        let body = br#"{"tasks":[{"taskArn":"a"},null,{"taskArn":"c"},{"taskArn":"d"}]}"#;
        Page::read(Object::EcsTask, origin, Bytes::from_static(body)).expect("a page")
    }

    fn rejected(source_index: Option<usize>) -> Issue {
        Issue {
            source_index,
            severity: Severity::Rejected,
            code: "wrong-type".into(),
            path: "tasks[0]".into(),
            message: "no".into(),
        }
    }

    #[test]
    fn every_object_is_a_record_or_a_rejection_once() {
        let page = page();
        let mut account = PageAccount::of(&page);
        account.is_settled[0] = true;
        let said = [Some(0), Some(2), Some(2), None].map(rejected);
        let warnings = account.reject_as_said(said.into());
        account.reject_the_rest("web 1.0.0");
        let of = |rejection: &Rejection| (rejection.arn.clone(), rejection.code.clone());
        let rejections: Vec<_> = account.rejections.iter().map(of).collect();
        let expected = [("c", "wrong-type"), ("d", "lost-by-mapper")];
        let expected = expected.map(|(arn, code)| (Some(arn.to_owned()), code.to_owned()));
        assert_eq!(rejections, expected);
        // One of a record, one of a rejection, and one of the page.
        assert_eq!(warnings.len(), 3);
    }
}
