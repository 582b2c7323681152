//! The numbers of findings by everything that the page filters by, in one pass over an index.

use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

use super::StoreError;
use super::filter::{Filter, push_mutes};

/// The columns of a cell, in the order of its values.
pub(crate) const COLUMNS: [(&str, &str); 9] = [
    ("result", "f.result"),
    ("severity", "f.severity"),
    ("control", "f.control_id"),
    ("object", "f.subject_object"),
    ("account", "f.account_id"),
    ("region", "f.region"),
    ("cluster", "f.cluster_arn"),
    ("change", "f.change"),
    ("name", "r.name"),
];

/// The findings that agree in all columns.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) values: [String; COLUMNS.len()],
    pub(crate) is_muted: bool,
    /// Whether the newest scan could not see them.
    pub(crate) is_stale: bool,
    pub(crate) count: i64,
}

/// The cells of what a filter leaves if it says nothing about the columns themselves and about mutes.
pub(crate) async fn cells(
    from: impl SqliteExecutor<'_>,
    filter: &Filter,
) -> Result<Vec<Cell>, StoreError> {
    let base = Filter {
        registrations: filter.registrations.clone(),
        uids: filter.uids.clone(),
        gone: filter.gone,
        now: filter.now,
        ..Filter::default()
    };
    let mut query: QueryBuilder<Sqlite> = QueryBuilder::new("SELECT ");
    for (place, (_, column)) in COLUMNS.iter().enumerate() {
        query.push(format!("CAST({column} AS TEXT) AS c{place}, "));
    }
    query.push("EXISTS (");
    push_mutes(&mut query, filter.now);
    query.push(
        ") AS is_muted, f.last_seen IS NOT NULL AS is_stale, COUNT(*) AS number FROM findings f JOIN registrations r ON r.id = f.registration_id WHERE 1 = 1",
    );
    base.push_findings(&mut query);
    query.push(" GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11");
    let rows = query.build().fetch_all(from).await?;
    let cells = rows.iter().map(|row| {
        let mut values: [String; COLUMNS.len()] = Default::default();
        for (place, value) in values.iter_mut().enumerate() {
            *value = row.try_get(place)?;
        }
        Ok(Cell {
            values,
            is_muted: row.try_get("is_muted")?,
            is_stale: row.try_get("is_stale")?,
            count: row.try_get("number")?,
        })
    });
    Ok(cells.collect::<Result<_, sqlx::Error>>()?)
}
