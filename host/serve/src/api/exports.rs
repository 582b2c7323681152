//! Exports: exactly what a filter shows, all pages of it.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::auth::Viewer;
use super::extract::Asked;
use super::filters::FindingQuery;
use super::findings::{sort, views};
use super::problem::Problem;
use crate::shared::Shared;
use crate::store::filter::Filter;
use crate::store::findings::{self, Cursor, FoundRow, Sort};

/// The rows that are read at once. No connection is held between two reads.
const BATCH_ROWS: i64 = 500;

/// Where an export stands.
struct Export {
    service: Shared,
    filter: Filter,
    sort: Sort,
    after: Option<Cursor>,
    is_done: bool,
}

/// Export findings as JSON Lines, in the form of the list
#[utoipa::path(get, path = "/v1/findings/export", tag = "findings", params(FindingQuery),
    responses((status = 200, body = String, content_type = "application/jsonl")))]
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
    let export = Export {
        service,
        filter: query.filter()?,
        sort: sort(&query)?,
        after: None,
        is_done: false,
    };
    // An error in the middle closes the connection, so that a cut export does not pass for a whole one.
    let body = Body::from_stream(stream::try_unfold(export, next));
    Ok(([(header::CONTENT_TYPE, "application/jsonl")], body).into_response())
}

async fn next(mut export: Export) -> Result<Option<(Bytes, Export)>, std::io::Error> {
    if export.is_done {
        return Ok(None);
    }
    let store = &export.service.store;
    let after = export.after.as_ref();
    let rows = findings::page(store.read(), &export.filter, export.sort, after, BATCH_ROWS).await;
    let rows = rows.map_err(std::io::Error::other)?;
    let is_whole = i64::try_from(rows.len()).is_ok_and(|read| read < BATCH_ROWS);
    let last = rows.last().map(FoundRow::cursor);
    let views = views(store, rows).await.map_err(std::io::Error::other)?;
    let mut text = Vec::new();
    for view in &views {
        serde_json::to_writer(&mut text, view)?;
        text.push(b'\n');
    }
    export.is_done = is_whole;
    export.after = last;
    Ok(Some((text.into(), export)))
}
