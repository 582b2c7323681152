//! The inventory.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};

use super::auth::Viewer;
use super::extract::{Asked, Id, Page, limit};
use super::filters::{
    COUNTS_LIMIT, Counts, ObjectQuery, counted_by, cursor_of, refuse, refuse_page, sort_of,
};
use super::problem::Problem;
use crate::moment;
use crate::shared::Shared;
use crate::store::objects::{self, ObjectRow};

/// A record of the inventory.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectView {
    id: String,
    /// The registration.
    task_id: String,
    /// The name of the registration.
    task_name: String,
    object: String,
    first_seen: String,
    /// When it was seen last. Earlier than the newest scan: that one was not complete there.
    last_seen: String,
    /// When a complete scan did not see it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    gone_at: Option<String>,
    /// The record, as `portolan schema` describes it.
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
}

fn view(it: ObjectRow) -> ObjectView {
    let last_seen = moment::text(it.last_seen);
    let mut attributes: Map<String, Value> = serde_json::from_str(&it.body).unwrap_or_default();
    attributes.insert("LAST_CAPTURED".into(), last_seen.clone().into());
    ObjectView {
        id: it.id,
        task_id: it.registration_id,
        task_name: it.registration,
        object: it.object,
        first_seen: moment::text(it.first_seen),
        last_seen,
        gone_at: it.gone_at.map(moment::text),
        attributes,
    }
}

/// List records of the inventory
#[utoipa::path(get, path = "/v1/objects", tag = "inventory", params(ObjectQuery),
    responses((status = 200, body = Page<ObjectView>)))]
pub(crate) async fn list(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<ObjectQuery>,
) -> Result<Json<Page<ObjectView>>, Problem> {
    refuse(query.by.as_ref(), "by")?;
    let limit = limit(query.limit)?;
    let sort = sort_of(&objects::SORTS, query.sort.as_deref())?;
    let after = cursor_of(sort, query.after.as_deref())?;
    let filter = query.filter()?;
    let rows = objects::page(
        service.store.read(),
        &filter,
        sort,
        after.as_ref(),
        i64::from(limit) + 1,
    );
    Ok(Page::of(rows.await?, limit, |row| row.cursor.clone(), view))
}

/// Count records of the inventory by a column
#[utoipa::path(get, path = "/v1/objects/counts", tag = "inventory", params(ObjectQuery),
    responses((status = 200, body = Counts)))]
pub(crate) async fn counts(
    State(service): State<Shared>,
    _: Viewer,
    Asked(query): Asked<ObjectQuery>,
) -> Result<Json<Counts>, Problem> {
    for (parameter, given) in [("sort", &query.sort), ("after", &query.after)] {
        refuse(given.as_ref(), parameter)?;
    }
    refuse_page(query.limit)?;
    let (_, column) = counted_by(&objects::COUNTED, query.by.as_deref())?;
    let filter = query.filter()?;
    let rows = objects::counts(service.store.read(), &filter, column, COUNTS_LIMIT + 1).await?;
    Ok(Json(Counts::of(rows)))
}

/// Show a record of the inventory
#[utoipa::path(get, path = "/v1/objects/{id}", tag = "inventory", params(("id" = String, Path)),
    responses((status = 200, body = ObjectView), (status = 404, body = Problem)))]
pub(crate) async fn show(
    State(service): State<Shared>,
    _: Viewer,
    Id(id): Id,
) -> Result<Json<ObjectView>, Problem> {
    let known = objects::by_id(service.store.read(), &id).await?;
    known
        .map(|it| Json(view(it)))
        .ok_or_else(|| Problem::missing("record"))
}
