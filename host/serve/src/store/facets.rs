//! The numbers of findings by everything that the page filters by, in one pass over an index.

use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};

use super::filter::{Filter, push_mutes};
use super::{StoreError, registrations};

/// The columns of a cell, in the order of its values, which is that of the index `findings_facets`: so that nothing
/// is sorted. The id of a registration becomes its name.
pub(crate) const COLUMNS: [(&str, &str); 9] = [
    ("result", "f.result"),
    ("severity", "f.severity"),
    ("control", "f.control_id"),
    ("object", "f.subject_object"),
    ("account", "f.account_id"),
    ("region", "f.region"),
    ("cluster", "f.cluster_arn"),
    ("change", "f.change"),
    ("name", "f.registration_id"),
];

/// The findings that agree in all columns.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) values: [String; COLUMNS.len()],
    pub(crate) count: i64,
    /// Those that a mute covers.
    pub(crate) muted: i64,
    /// Of the others, those that the newest scan could not see.
    pub(crate) stale: i64,
}

/// The cells of what a filter leaves if it says nothing about the columns themselves and about mutes.
pub(crate) async fn cells(from: &SqlitePool, filter: &Filter) -> Result<Vec<Cell>, StoreError> {
    let base = Filter {
        registrations: filter.registrations.clone(),
        uids: filter.uids.clone(),
        services: filter.services.clone(),
        running: filter.running,
        standards: filter.standards.clone(),
        gone: filter.gone,
        now: filter.now,
        ..Filter::default()
    };
    let names = registrations::names(from).await?;
    let columns = COLUMNS.map(|(_, column)| column).join(", ");
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT ");
    query
        .push(&columns)
        .push(", COUNT(*) AS number, SUM(is_muted) AS muted, SUM(CASE WHEN is_muted = 0 AND f.last_seen IS NOT NULL ")
        .push("THEN 1 ELSE 0 END) AS stale FROM (SELECT f.*, CASE WHEN EXISTS (");
    push_mutes(&mut query, filter.now);
    query.push(") THEN 1 ELSE 0 END AS is_muted FROM findings f WHERE ");
    query.push(match filter.gone {
        true => "f.gone_at IS NOT NULL",
        // As in the condition of the index, so that this query has it, and lists do not.
        false => "f.gone_at IS NULL AND f.result <> ''",
    });
    query.push(") f JOIN registrations r ON r.id = f.registration_id WHERE 1 = 1");
    base.push_findings(&mut query);
    query.push(" GROUP BY ").push(&columns);
    let rows = query.build().fetch_all(from).await?;
    let cells = rows.iter().map(|row| {
        let mut values: [String; COLUMNS.len()] = Default::default();
        for (place, (key, _)) in COLUMNS.iter().enumerate() {
            values[place] = match *key {
                "severity" => row.try_get::<i64, _>(place)?.to_string(),
                "name" => names
                    .get(row.try_get::<&str, _>(place)?)
                    .cloned()
                    .unwrap_or_default(),
                _ => row.try_get(place)?,
            };
        }
        Ok(Cell {
            values,
            count: row.try_get("number")?,
            muted: row.try_get("muted")?,
            stale: row.try_get("stale")?,
        })
    });
    Ok(cells.collect::<Result<_, sqlx::Error>>()?)
}
