//! Lists of workloads, the worst first.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteExecutor};

use super::{StoreError, Workload, workload};
use crate::store::filter::push_mutes;

/// What a list of workloads is narrowed to. An empty list leaves a column free.
#[derive(Clone, Debug, Default)]
pub(crate) struct Narrowed {
    /// A part of the workload's name, or of its registration's.
    pub(crate) name: String,
    pub(crate) registrations: Vec<String>,
    pub(crate) accounts: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) clusters: Vec<String>,
    /// The time at which mutes are valid.
    pub(crate) now: i64,
}

/// A workload with its failing controls.
#[derive(Debug)]
pub(crate) struct Ranked {
    pub(crate) workload: Workload,
    /// The numbers of failing controls by severity, informational first.
    pub(crate) failing: [i64; 5],
    /// When the oldest and the newest failure began.
    pub(crate) failing_since: Option<i64>,
    pub(crate) newest: i64,
}

/// The order of a list. Each ends in the id, so that it is total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// By the number of failing controls of the highest severity, then of the next.
    Failing,
    /// The newest failure first.
    Since,
    /// The most running tasks first.
    Tasks,
    /// By name.
    Name,
}

/// The last row of a page, as far as orders need it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Cursor {
    failing: [i64; 5],
    newest: i64,
    tasks: i64,
    name: String,
    id: String,
}

impl Ranked {
    /// The cursor for the page after this row.
    pub(crate) fn cursor(&self) -> Cursor {
        Cursor {
            failing: self.failing,
            newest: self.newest,
            tasks: self.workload.running_tasks,
            name: self.workload.name.clone(),
            id: self.workload.id.clone(),
        }
    }
}

/// The numbers of running workloads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) running: i64,
    /// Those that fail a control.
    pub(crate) failing: i64,
    /// Those that fail a critical one, and those that fail a critical or high one.
    pub(crate) critical: i64,
    pub(crate) severe: i64,
    /// Services without a running task, which are not among the others.
    pub(crate) idle: i64,
}

/// Begins a query over `ranked`: workloads that fit, with the numbers of their failures.
fn ranked(narrowed: &Narrowed) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("WITH failures AS (SELECT f.registration_id, f.subject_uid");
    for severity in 1..=5 {
        query.push(format!(
            ", SUM(CASE WHEN f.severity = {severity} THEN 1 ELSE 0 END) AS s{severity}"
        ));
    }
    query.push(
        ", MIN(f.failing_since) AS oldest, MAX(f.failing_since) AS newest FROM findings f \
         WHERE f.subject_object IN ('EcsService', 'EcsTaskGroup') AND f.gone_at IS NULL AND f.result = 'FAIL' \
         AND NOT EXISTS (",
    );
    push_mutes(&mut query, narrowed.now);
    query.push(
        ") GROUP BY f.registration_id, f.subject_uid), \
         ranked AS (SELECT w.*, r.name AS registration, r.captured_at, e.oldest, COALESCE(e.newest, 0) AS newest",
    );
    for severity in 1..=5 {
        query.push(format!(", COALESCE(e.s{severity}, 0) AS s{severity}"));
    }
    query.push(
        " FROM workloads w JOIN registrations r ON r.id = w.registration_id LEFT JOIN failures e \
         ON e.registration_id = w.registration_id AND e.subject_uid = w.uid WHERE w.gone_at IS NULL",
    );
    if !narrowed.name.is_empty() {
        let escaped = narrowed.name.to_lowercase();
        let escaped = escaped
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        let pattern = format!("%{escaped}%");
        query
            .push(" AND (LOWER(w.name) LIKE ")
            .push_bind(pattern.clone())
            .push(" ESCAPE '\\' OR LOWER(r.name) LIKE ")
            .push_bind(pattern)
            .push(" ESCAPE '\\')");
    }
    let columns: [(&str, &[String]); 4] = [
        ("w.registration_id", &narrowed.registrations),
        ("w.account_id", &narrowed.accounts),
        ("w.region", &narrowed.regions),
        ("w.cluster_arn", &narrowed.clusters),
    ];
    crate::store::filter::push_columns(&mut query, &columns);
    query.push(") ");
    query
}

/// Running workloads that fit and follow a cursor.
pub(crate) async fn page(
    from: impl SqliteExecutor<'_>,
    narrowed: &Narrowed,
    sort: Sort,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<Ranked>, StoreError> {
    let mut query = ranked(narrowed);
    query.push("SELECT * FROM ranked WHERE running_tasks > 0");
    if let Some(after) = after {
        push_after(&mut query, sort, after);
    }
    query.push(match sort {
        Sort::Failing => " ORDER BY s5 DESC, s4 DESC, s3 DESC, s2 DESC, s1 DESC, id DESC LIMIT ",
        Sort::Since => " ORDER BY newest DESC, id DESC LIMIT ",
        Sort::Tasks => " ORDER BY running_tasks DESC, id DESC LIMIT ",
        Sort::Name => " ORDER BY name, id LIMIT ",
    });
    query.push_bind(limit);
    let rows = query.build().fetch_all(from).await?;
    Ok(rows.iter().map(of_row).collect::<Result<_, _>>()?)
}

fn push_after(query: &mut QueryBuilder<Sqlite>, sort: Sort, after: &Cursor) {
    match sort {
        Sort::Failing => {
            query.push(" AND (s5, s4, s3, s2, s1, id) < (");
            for count in after.failing.iter().rev() {
                query.push_bind(*count).push(", ");
            }
        }
        Sort::Since => {
            query.push(" AND (newest, id) < (");
            query.push_bind(after.newest).push(", ");
        }
        Sort::Tasks => {
            query.push(" AND (running_tasks, id) < (");
            query.push_bind(after.tasks).push(", ");
        }
        Sort::Name => {
            query.push(" AND (name, id) > (");
            query.push_bind(after.name.clone()).push(", ");
        }
    }
    query.push_bind(after.id.clone()).push(")");
}

fn of_row(row: &SqliteRow) -> Result<Ranked, sqlx::Error> {
    Ok(Ranked {
        workload: workload(row)?,
        failing: [
            row.try_get("s1")?,
            row.try_get("s2")?,
            row.try_get("s3")?,
            row.try_get("s4")?,
            row.try_get("s5")?,
        ],
        failing_since: row.try_get("oldest")?,
        newest: row.try_get("newest")?,
    })
}

/// The numbers of workloads that fit.
pub(crate) async fn totals(
    from: impl SqliteExecutor<'_>,
    narrowed: &Narrowed,
) -> Result<Totals, StoreError> {
    let mut query = ranked(narrowed);
    query.push("SELECT running_tasks > 0 AS runs, s5 > 0 AS s5, s4 > 0 AS s4, s1 + s2 + s3 + s4 + s5 > 0 AS fails, \
        COUNT(*) AS number FROM ranked GROUP BY 1, 2, 3, 4");
    let mut totals = Totals::default();
    for row in query.build().fetch_all(from).await? {
        let is = |name: &str| row.try_get::<bool, _>(name);
        let number: i64 = row.try_get("number")?;
        if !is("runs")? {
            totals.idle += number;
            continue;
        }
        totals.running += number;
        totals.failing += if is("fails")? { number } else { 0 };
        totals.critical += if is("s5")? { number } else { 0 };
        totals.severe += if is("s5")? || is("s4")? { number } else { 0 };
    }
    Ok(totals)
}

/// The results of the controls of workloads and of the revisions that they run, by the workload's id. What runs
/// (TK.1) is not counted again.
pub(crate) async fn evaluated(
    from: impl SqliteExecutor<'_>,
    ids: &[String],
) -> Result<Vec<(String, String, i64)>, StoreError> {
    let mut query = QueryBuilder::new("");
    for (place, join) in [
        "JOIN findings f ON f.subject_uid = w.uid",
        "JOIN workload_revisions v ON v.workload_id = w.id JOIN findings f ON f.subject_uid = v.revision",
    ]
    .into_iter()
    .enumerate()
    {
        query.push(if place == 0 { "" } else { " UNION ALL " });
        query.push(format!(
            "SELECT w.id, f.result, COUNT(*) FROM workloads w {join} WHERE +f.registration_id = w.registration_id \
             AND +f.gone_at IS NULL AND f.control_id NOT LIKE 'TK.1/%' AND w.id IN ("
        ));
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id.clone());
        }
        query.push(") GROUP BY w.id, f.result");
    }
    Ok(query.build_query_as().fetch_all(from).await?)
}
