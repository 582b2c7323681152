//! Batches of records to test assessors with: files of JSON Lines, each line `{"subjects":[…]}`.

use std::path::Path;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::WorkbenchError;
use portolan_page::object::Object;
use portolan_page::{Origin, Page};
use portolan_records::{Records, Rejection};
use portolan_sandbox::{ControlResult, Judged, Severity, Verdict, Verdicts};

/// The size limit of a file of batches.
const FILE_LIMIT_BYTES: u64 = 1024 * 1024 * 1024;

/// All batches of a file, each with its line.
///
/// # Errors
/// If the file cannot be read, or a line is not a batch.
pub(crate) fn read_all(file: &Path, subject: Object) -> Result<Vec<(u64, Page)>, WorkbenchError> {
    let text = match file == Path::new("-") {
        true => std::io::read_to_string(std::io::stdin()),
        false => portolan_machine::text::read_file(file, FILE_LIMIT_BYTES),
    };
    let text = text.map_err(WorkbenchError::reading(file))?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty());
    lines
        .map(|(number, line)| {
            let page = read(line, subject).map_err(|reason| {
                WorkbenchError::Unfit(format!(
                    "line {number} of {} is not a batch of {subject}: {reason}",
                    file.display()
                ))
            })?;
            Ok((number, page))
        })
        .collect()
}

/// One batch of a file: that of a line, or the first.
///
/// # Errors
/// If there is none.
pub(crate) fn choose(
    file: &Path,
    line: Option<u64>,
    subject: Object,
) -> Result<(u64, Page), WorkbenchError> {
    let mut all = read_all(file, subject)?.into_iter();
    let found = all.find(|(number, _)| line.is_none_or(|line| line == *number));
    found.ok_or_else(|| {
        let which = line.map_or("line".to_owned(), |line| format!("line {line}"));
        WorkbenchError::Unfit(format!("{} has no {which} with a batch", file.display()))
    })
}

/// A batch of the account, Region and time of its first subject.
fn read(line: &str, subject: Object) -> Result<Page, String> {
    let body: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let first = &body["subjects"][0]["subject"];
    let text = |name: &str, otherwise: &str| first[name].as_str().unwrap_or(otherwise).to_owned();
    let origin = Origin {
        partition: "aws".into(),
        account_id: text("ACCOUNT_ID", "123456789012").into(),
        region: text("REGION", "us-east-1").into(),
        captured_at: text("LAST_CAPTURED", "2000-01-01T00:00:00.000Z"),
    };
    let body = Bytes::copy_from_slice(line.as_bytes());
    let page = Page::batch(subject, origin, body).map_err(|error| error.to_string())?;
    match page.has_member() {
        true => Ok(page),
        false => Err("it has no list `subjects`".into()),
    }
}

/// The verdicts as lines, in the form of a mapping's records: one for each subject, with a member for each
/// control. A subject that the assessor gives no verdicts for is a rejection.
pub(crate) fn judged(judged: Judged, batch: &Page) -> Records {
    let body: Value = serde_json::from_slice(batch.body()).unwrap_or_default();
    let uid = |index: usize| {
        let uid = body["subjects"][index]["subject"]["UID"].as_str();
        uid.map_or_else(|| format!("subject {index}"), str::to_owned)
    };
    let (rejected, mut warnings): (Vec<_>, Vec<_>) = judged
        .issues
        .into_iter()
        .partition(|issue| issue.severity == Severity::Rejected && issue.source_index.is_some());
    let rejections = rejected.into_iter().map(|issue| Rejection {
        source_index: issue.source_index.unwrap_or_default(),
        arn: issue.source_index.map(uid),
        code: issue.code,
        path: issue.path,
        message: issue.message,
    });
    let rejections: Vec<Rejection> = rejections.collect();
    let is_rejected = |index| rejections.iter().any(|each| each.source_index == index);
    let mut lines = Vec::new();
    for (index, verdicts) in judged.subjects {
        warnings.extend(
            verdicts
                .problems
                .iter()
                .map(|problem| portolan_sandbox::Issue {
                    source_index: Some(index),
                    severity: Severity::Warning,
                    code: "mapper-bad-verdict".into(),
                    path: String::new(),
                    message: problem.clone(),
                }),
        );
        if !is_rejected(index) {
            lines.push((index, line(uid(index), &verdicts)));
        }
    }
    Records::of_lines(lines, rejections, warnings, judged.failure)
}

fn line(uid: String, verdicts: &Verdicts) -> Vec<u8> {
    let mut line = Map::from_iter([("UID".to_owned(), Value::from(uid))]);
    for verdict in &verdicts.verdicts {
        line.insert(verdict.control.clone(), shown(verdict));
    }
    Value::Object(line).to_string().into_bytes()
}

/// A verdict without its control, and without what is empty: `"PASS"` alone if there is nothing else to say.
fn shown(verdict: &Verdict) -> Value {
    let mut members = serde_json::to_value(verdict).unwrap_or_default();
    if let Some(members) = members.as_object_mut() {
        members.shift_remove("control");
        members.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
        if members.len() == 1 && verdict.result != ControlResult::Fail {
            return members["result"].take();
        }
    }
    members
}
