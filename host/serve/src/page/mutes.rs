//! Mutes.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::Uri;
use axum::response::{Html, Redirect};
use serde::Deserialize;

use super::address::{Address, way_back};
use super::fault::Fault;
use super::frame::{Frame, Paging, asked, html};
use super::scans::Back;
use super::session::Visitor;
use super::words::{Time, shown};
use crate::api::auth::Operator;
use crate::api::extract::{Id, cursor, encode};
use crate::api::mutes as api;
use crate::moment;
use crate::shared::Shared;
use crate::store::mutes;
use crate::token::Role;

const ROWS: usize = 50;

struct MuteRow {
    id: String,
    control: String,
    subject: String,
    reason: String,
    author: String,
    ends: Time,
    /// `ends in 2 days`, `ended`, `unmuted by ana`.
    state: String,
    is_active: bool,
    list: String,
}

#[derive(Template)]
#[template(path = "mutes.html")]
struct MutesPage {
    frame: Frame,
    rows: Vec<MuteRow>,
    paging: Paging,
}

/// The position in a list that knows no filters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    pub(super) after: Option<String>,
}

/// The list
pub(super) async fn list(
    State(service): State<Shared>,
    visitor: Visitor,
    uri: Uri,
) -> Result<Html<String>, Fault> {
    let query: Position = asked(&uri)?;
    let after: Option<String> = cursor(query.after.as_deref())?;
    let limit = i64::try_from(ROWS).unwrap_or(i64::MAX) + 1;
    let mut rows = mutes::page(service.store.read(), after.as_deref(), limit).await?;
    let has_more = rows.len() > ROWS;
    rows.truncate(ROWS);
    let next = rows.last().filter(|_| has_more).map(|row| encode(&row.id));
    let now = moment::now();
    let rows: Vec<MuteRow> = rows
        .into_iter()
        .map(|it| {
            let ends = Time(it.ends_at);
            let state = match &it.revoked_by {
                Some(by) => format!("unmuted by {}", shown(by)),
                None if it.ends_at <= now => format!("ended {}", ends.relative()),
                None => format!("ends {}", ends.relative()),
            };
            MuteRow {
                is_active: it.revoked_by.is_none() && it.ends_at > now,
                list: Address::to("/findings")
                    .with("control", &it.control_id)
                    .with("muted", "true")
                    .to_string(),
                id: it.id,
                control: shown(&it.control_id),
                subject: shown(&it.subject),
                reason: shown(&it.reason),
                author: shown(&it.author),
                ends,
                state,
            }
        })
        .collect();
    html(&MutesPage {
        frame: Frame::new(&service, &visitor, "Mutes", "").await?,
        paging: Paging::new(
            &Address::of(&uri),
            rows.len(),
            None,
            next.as_deref(),
            "the newest first",
        ),
        rows,
    })
}

/// Unmute
pub(super) async fn revoke(
    State(service): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(back): Form<Back>,
) -> Result<Redirect, Fault> {
    let caller = visitor.permit(&service, Role::Operator)?;
    let revoked = api::revoke(State(service), Operator(caller), Id(id)).await;
    let _ = revoked?;
    Ok(Redirect::to(way_back(
        back.to.as_deref().or(Some("/mutes")),
    )))
}
