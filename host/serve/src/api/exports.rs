//! Exports: exactly what a filter shows, all pages of it, in the formats of `portolan assess --export` too.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use portolan_assess::{Assessing, Finding, Record};
use portolan_export::Format;
use serde_json::Value;

use super::auth::Viewer;
use super::extract::Asked;
use super::filters::FindingQuery;
use super::findings::{FindingView, sort, views};
use super::problem::Problem;
use crate::shared::Shared;
use crate::store::filter::Filter;
use crate::store::findings::{self, FoundRow};
use crate::store::objects;
use crate::store::rows::{hex, id};
use crate::store::sort::{Cursor, Sort};

/// The rows that are read at once. No connection is held between two reads.
const BATCH_ROWS: i64 = 500;
/// A client that reads slower than this holds a connection in vain.
pub(crate) const EXPORT_LIMIT: Duration = Duration::from_secs(10 * 60);
/// The only subjects whose records exports show: calls.
const AUDIT_EVENT: &str = "EcsAuditEvent";

/// Where an export stands.
struct Export {
    service: Shared,
    filter: Filter,
    sort: Sort,
    after: Option<Cursor>,
    is_done: bool,
    /// `None` writes findings in the form of the list.
    writer: Option<portolan_export::Export<Buffer>>,
    buffer: Buffer,
    began: Instant,
}

/// What was written and not sent yet, at most a batch.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Export findings: all that the filter has
///
/// Mutes are suppressions (SARIF), archived findings (ASFF) or suppressed ones (OCSF). An export whose connection ends
/// without its last chunk is not whole.
#[utoipa::path(get, path = "/v1/findings/export", tag = "findings", params(FindingQuery),
    responses((status = 200, content((String = "application/jsonl"), (String = "text/csv"),
        (String = "application/sarif+json")))))]
pub(crate) async fn findings(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<FindingQuery>,
) -> Result<Response, Problem> {
    let is_paged = query.limit.is_some() || query.after.is_some() || query.by.is_some();
    if is_paged {
        return Err(Problem::bad(
            "an export has all findings of its filter; leave out limit, after and by",
        ));
    }
    let format = format(query.format.as_deref())?;
    let assessing = Assessing {
        standard: query.standard()?.map(|(_, name)| name.to_owned()),
        ..Assessing::default()
    };
    let buffer = Buffer::default();
    let begin = |format| portolan_export::Export::begin(format, &assessing, buffer.clone());
    let writer = format.map(begin).transpose().map_err(|error| {
        tracing::error!("{error}");
        Problem::unavailable("the export cannot be written; the log of the service says why")
    })?;
    let export = Export {
        filter: query.filter()?,
        sort: sort(&query)?,
        after: None,
        is_done: false,
        writer,
        buffer,
        began: Instant::now(),
        service,
    };
    let (kind, name) = match format {
        None => ("application/jsonl", "findings.jsonl"),
        Some(Format::Ocsf) => ("application/jsonl", "findings.ocsf.jsonl"),
        Some(Format::Asff) => ("application/jsonl", "findings.asff.jsonl"),
        Some(Format::Sarif) => ("application/sarif+json", "findings.sarif"),
        Some(Format::Csv) => ("text/csv; charset=utf-8; header=present", "findings.csv"),
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, attachment(name)),
    ];
    // An error in the middle closes the connection, so that a cut export does not pass for a whole one.
    let body = Body::from_stream(stream::try_unfold(export, next));
    Ok((headers, body).into_response())
}

/// A browser stores the answer, and shows none of it.
pub(crate) fn attachment(name: &str) -> String {
    format!("attachment; filename=\"portolan-{name}\"")
}

/// `None` is the form of the list.
fn format(word: Option<&str>) -> Result<Option<Format>, Problem> {
    let Some(word) = word.filter(|word| *word != "jsonl") else {
        return Ok(None);
    };
    let known = Format::ALL.into_iter().find(|format| format.word() == word);
    let wrong = || {
        let all = Format::ALL.map(Format::word).join(", ");
        Problem::bad(format!("format: it is one of jsonl, {all}"))
    };
    known.map(Some).ok_or_else(wrong)
}

async fn next(mut export: Export) -> io::Result<Option<(Bytes, Export)>> {
    if export.is_done {
        return Ok(None);
    }
    if export.began.elapsed() > EXPORT_LIMIT {
        return Err(io::Error::other("the client reads too slowly"));
    }
    let store = &export.service.store;
    let after = export.after.as_ref();
    let rows = findings::page(store.read(), &export.filter, export.sort, after, BATCH_ROWS).await;
    let rows = rows.map_err(io::Error::other)?;
    export.is_done = i64::try_from(rows.len()).is_ok_and(|read| read < BATCH_ROWS);
    export.after = rows.last().and_then(|row| row.cursor.clone());
    let subjects = subjects(&export, &rows).await?;
    let store = &export.service.store;
    let views = views(store, rows).await.map_err(io::Error::other)?;
    match &mut export.writer {
        Some(writer) => {
            for (view, subject) in views.into_iter().zip(subjects) {
                let finding = Value::Object(view.finding);
                let finding: Finding = serde_json::from_value(finding)?;
                writer.write(&finding, &subject).map_err(io::Error::other)?;
            }
        }
        None => lines(&mut export.buffer, &views)?,
    }
    if export.is_done
        && let Some(writer) = export.writer.take()
    {
        writer.finish().map_err(io::Error::other)?;
    }
    Ok(Some((export.buffer.take().into(), export)))
}

fn lines(out: &mut Buffer, views: &[FindingView]) -> io::Result<()> {
    for view in views {
        serde_json::to_writer(&mut *out, view)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The records of the subjects of rows, in their order; empty where the format shows nothing of them.
async fn subjects(export: &Export, rows: &[FoundRow]) -> io::Result<Vec<Record>> {
    let ids: Vec<Option<String>> = rows
        .iter()
        .map(|row| {
            let uid = row.subject_uid.as_str();
            let is_shown = export.writer.is_some() && row.subject_object == AUDIT_EVENT;
            is_shown.then(|| hex(&id(&row.registration_id, AUDIT_EVENT, uid)))
        })
        .collect();
    let wanted: Vec<String> = ids.iter().flatten().cloned().collect();
    let bodies = objects::bodies(export.service.store.read(), &wanted).await;
    let bodies = bodies.map_err(io::Error::other)?;
    let subject = |id: Option<String>| {
        let body = id.and_then(|id| bodies.get(&id));
        let record = body.map(|body| serde_json::from_str(body));
        Ok(record.transpose()?.unwrap_or_default())
    };
    ids.into_iter().map(subject).collect()
}
