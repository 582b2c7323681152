//! CSV as RFC 4180 has it, for spreadsheets: one finding a row, under the names of its attributes.

use std::io::{self, Write};

use serde_json::Value;

use crate::item::Item;

/// Between the elements of a list.
const SEPARATOR: &str = "; ";
/// The columns before those of `--carry`.
const COLUMNS: [&str; 25] = [
    "UID",
    "CONTROL",
    "CONTROL_ID",
    "CONTROL_TITLE",
    "SEVERITY",
    "RESULT",
    "VERDICT",
    "STANDARDS",
    "SUBJECT_OBJECT",
    "SUBJECT_UID",
    "SUBJECT_NAME",
    "CLUSTER_ARN",
    "IS_LATEST",
    "RUNNING_TASKS_COUNT",
    "REASONS",
    "EVIDENCE",
    "REMEDIATION",
    "REFERENCES",
    "MUTED",
    "MUTE_REASON",
    "MUTED_UNTIL",
    "CLOUD_PROVIDER",
    "ACCOUNT_ID",
    "REGION",
    "LAST_CAPTURED",
];

/// The table while it is written.
pub(crate) struct Sheet<W: Write> {
    rows: csv::Writer<W>,
    carried: Vec<String>,
}

impl<W: Write> Sheet<W> {
    pub(crate) fn begin(out: W, carried: &[String]) -> io::Result<Self> {
        let mut rows = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(out);
        let columns = COLUMNS
            .into_iter()
            .chain(carried.iter().map(String::as_str));
        rows.write_record(columns.map(harmless))?;
        Ok(Self {
            rows,
            carried: carried.to_vec(),
        })
    }

    pub(crate) fn write(&mut self, item: &Item<'_>) -> io::Result<()> {
        let carried = self.carried.iter();
        let carried =
            carried.map(|name| item.finding.carried.get(name).map_or(String::new(), shown));
        let cells = cells(item).into_iter().chain(carried);
        Ok(self.rows.write_record(cells.map(|cell| harmless(&cell)))?)
    }

    pub(crate) fn finish(self) -> io::Result<W> {
        self.rows
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}

fn cells(item: &Item<'_>) -> [String; COLUMNS.len()] {
    let finding = item.finding;
    let evidence = finding.evidence.iter().map(|piece| {
        let value = piece.value.as_ref().map_or(String::new(), shown);
        format!("{}={value} of {}", piece.attribute, piece.uid)
    });
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        finding.uid.clone(),
        item.control.to_owned(),
        finding.control_id.clone(),
        finding.control_title.clone(),
        finding.severity.word().to_owned(),
        item.result().to_owned(),
        or_empty(&finding.verdict),
        finding.standards.join(SEPARATOR),
        finding.subject_object.clone(),
        finding.subject_uid.clone(),
        or_empty(&finding.subject_name),
        or_empty(&finding.cluster_arn),
        finding.is_latest.map_or(String::new(), |is| is.to_string()),
        finding
            .running_tasks_count
            .map_or(String::new(), |count| count.to_string()),
        finding.reasons.join(SEPARATOR),
        evidence.collect::<Vec<_>>().join(SEPARATOR),
        finding.remediation.clone(),
        finding.references.join(SEPARATOR),
        finding.muted.to_string(),
        or_empty(&finding.mute_reason),
        or_empty(&finding.muted_until),
        finding.cloud_provider.clone(),
        finding.account_id.clone(),
        finding.region.clone(),
        finding.last_captured.clone(),
    ]
}

/// A value of a record as a cell.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let shown: Vec<String> = elements.iter().map(shown).collect();
            shown.join(SEPARATOR)
        }
        value => value.to_string(),
    }
}

/// A cell that spreadsheets do not take for a formula, and terminals not for a command. Names of resources are chosen
/// by whoever makes them.
fn harmless(cell: &str) -> String {
    let is_odd = |sign: char| sign.is_control() && !"\t\r\n".contains(sign);
    let cell = cell.replace(is_odd, "\u{fffd}");
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell,
    }
}
