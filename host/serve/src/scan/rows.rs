//! The lines of a scan's files as rows of the store.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use portolan_assess::Finding;
use portolan_machine::fingerprint::fingerprint;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use crate::moment;
use crate::store::rows::{FindingRow, LoadRow, hex, id};

/// Far more than a record has. Without a limit, a file without line feeds would be read into memory.
const LINE_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// Batches between the thread that reads and the transaction that writes.
const BATCHES: usize = 4;
/// The lines of a batch.
const BATCH_LINES: usize = 256;

/// A file of a scan cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[error("cannot load line {line} of {file}: {reason}")]
pub(super) struct RowError {
    file: String,
    line: u64,
    reason: String,
}

/// The rows of a file in batches; none if it is not there. `object` is `Finding`, or that of its records.
pub(super) fn read(
    file: PathBuf,
    object: String,
    registration_id: String,
) -> mpsc::Receiver<Result<Vec<LoadRow>, RowError>> {
    let (sender, receiver) = mpsc::channel(BATCHES);
    tokio::task::spawn_blocking(move || {
        let result = each(&file, &object, &registration_id, |batch| {
            sender.blocking_send(Ok(batch)).is_ok()
        });
        if let Err(error) = result {
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

fn each(
    file: &Path,
    object: &str,
    registration_id: &str,
    send: impl Fn(Vec<LoadRow>) -> bool,
) -> Result<(), RowError> {
    let mut line = 0;
    let failed = |line, reason: String| RowError {
        file: file.display().to_string(),
        line,
        reason,
    };
    let mut lines = match File::open(file) {
        Ok(opened) => BufReader::with_capacity(256 * 1024, opened),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(0, error.to_string())),
    };
    let (mut buffer, mut batch) = (Vec::new(), Vec::with_capacity(BATCH_LINES));
    loop {
        buffer.clear();
        let mut limited = (&mut lines).take(LINE_LIMIT_BYTES);
        let length = limited.read_until(b'\n', &mut buffer);
        if length.map_err(|error| failed(line, error.to_string()))? == 0 {
            break;
        }
        line += 1;
        let row = match object {
            "Finding" => finding(&buffer, registration_id),
            object => record(&buffer, object, registration_id),
        };
        batch.push(row.ok_or_else(|| failed(line, "it is not a record".into()))?);
        if batch.len() == BATCH_LINES && !send(std::mem::take(&mut batch)) {
            return Ok(());
        }
    }
    send(batch);
    Ok(())
}

fn text(record: &Map<String, Value>, name: &str) -> String {
    let text = record.get(name).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The name of the service that a record is or belongs to; empty if there is none.
pub(super) fn service<'r>(object: &str, record: &'r Map<String, Value>) -> &'r str {
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    match object {
        "EcsService" => text("NAME"),
        // arn:…:service/CLUSTER/NAME
        "EcsTaskSet" => text("SERVICE_ARN").rsplit('/').next().unwrap_or_default(),
        _ => text("SERVICE_NAME"),
    }
}

/// Whether the record of an object runs; `None` if such an object does not run by itself.
fn is_running(object: &str, record: &Map<String, Value>) -> Option<bool> {
    match object {
        "EcsTask" | "EcsContainer" => {
            Some(record.get("SOURCE_STATUS").and_then(Value::as_str) == Some("RUNNING"))
        }
        "EcsService" | "EcsTaskSet" => record
            .get("RUNNING_COUNT")
            .and_then(Value::as_u64)
            .map(|count| count > 0),
        _ => None,
    }
}

/// Whether the subject of a finding runs; `None` if that is not known, or if such an object does not run.
pub(super) fn runs(finding: &Finding, record: &Map<String, Value>) -> Option<bool> {
    if finding.is_about_running() {
        return Some(true);
    }
    match finding.subject_object.as_str() {
        "EcsTaskDefinition" => finding.running_tasks_count.map(|tasks| tasks > 0),
        object => is_running(object, record),
    }
}

/// The digest of what a row is made of.
fn digest(body: &str, service: &str, is_running: Option<bool>) -> String {
    hex(&fingerprint::<8>(&format!(
        "{body}\n{service}\n{is_running:?}"
    )))
}

fn record(line: &[u8], object: &str, registration_id: &str) -> Option<LoadRow> {
    let mut record: Map<String, Value> = serde_json::from_slice(line).ok()?;
    record.shift_remove("LAST_CAPTURED");
    let uid = text(&record, "UID");
    let body = serde_json::to_string(&record).ok()?;
    let service = service(object, &record).to_owned();
    let is_running = is_running(object, &record);
    (!uid.is_empty()).then(|| LoadRow {
        id: id(registration_id, object, &uid),
        object: object.to_owned(),
        name: text(&record, "NAME"),
        account_id: text(&record, "ACCOUNT_ID"),
        region: text(&record, "REGION"),
        cluster_arn: match object {
            "EcsCluster" => uid.clone(),
            _ => text(&record, "CLUSTER_ARN"),
        },
        event_at: match object {
            "EcsAuditEvent" => moment::parse(&text(&record, "EVENT_TIME")),
            _ => None,
        },
        digest: digest(&body, &service, is_running),
        service,
        is_running,
        uid,
        body,
        finding: None,
    })
}

fn finding(line: &[u8], registration_id: &str) -> Option<LoadRow> {
    let finding: Finding = serde_json::from_slice(line).ok()?;
    let standards = finding.standards.iter().map(|it| format!("\n{it}"));
    let standards = standards.collect();
    let mut record: Map<String, Value> = serde_json::from_slice(line).ok()?;
    // Mutes of the service are its own, and apply when findings are read.
    for name in ["LAST_CAPTURED", "MUTED", "MUTE_REASON", "MUTED_UNTIL"] {
        record.shift_remove(name);
    }
    let service = record.shift_remove("service");
    let service = service.as_ref().and_then(Value::as_str).unwrap_or_default();
    let is_running = record.shift_remove("is_running");
    let is_running = is_running.as_ref().and_then(Value::as_bool);
    let body = serde_json::to_string(&record).ok()?;
    Some(LoadRow {
        id: id(registration_id, "Finding", &finding.uid),
        object: finding.subject_object,
        name: finding.subject_name.unwrap_or_default(),
        account_id: finding.account_id,
        region: finding.region,
        cluster_arn: finding.cluster_arn.unwrap_or_default(),
        digest: digest(&body, service, is_running),
        service: service.to_owned(),
        is_running,
        uid: finding.uid,
        event_at: None,
        body,
        finding: Some(FindingRow {
            control_id: finding.control_id,
            severity: finding.severity as i64 + 1,
            result: finding.result,
            verdict: finding.verdict.unwrap_or_default(),
            subject_uid: finding.subject_uid,
            is_latest: finding.is_latest,
            running_tasks: finding
                .running_tasks_count
                .and_then(|it| i64::try_from(it).ok()),
            standards,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_scan_does_not_change_a_record() {
        let line =
            |time: &str| format!(r#"{{"UID":"a","NAME":"n","LAST_CAPTURED":"{time}","X":1}}"#);
        let one = record(line("1").as_bytes(), "EcsTask", "r").expect("a row");
        let two = record(line("2").as_bytes(), "EcsTask", "r").expect("a row");
        assert_eq!((one.digest, one.body), (two.digest, two.body));
        assert!(record(br#"{"NAME":"n"}"#, "EcsTask", "r").is_none());
    }
}
