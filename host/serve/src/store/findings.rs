//! Findings and what happened to them.

mod changes;
mod lists;

use std::collections::{BTreeMap, HashMap};

use portolan_sandbox::ControlResult;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::rows::{FindingRow, Id, LoadRow, RowPlace, hex};
use super::{StoreError, Write};

pub(crate) use changes::{Before, Change, Event, Seen, gone, history, put};
pub(crate) use lists::{COUNTED, FoundRow, SORTS, bodies, by_id, counts, failures, page};

const RESULTS: [ControlResult; 4] = [
    ControlResult::Pass,
    ControlResult::Fail,
    ControlResult::NotApplicable,
    ControlResult::NotEvaluated,
];

/// The word of a result, as records have it.
pub(crate) const fn result_word(result: ControlResult) -> &'static str {
    match result {
        ControlResult::Pass => "PASS",
        ControlResult::Fail => "FAIL",
        ControlResult::NotApplicable => "NOT_APPLICABLE",
        ControlResult::NotEvaluated => "NOT_EVALUATED",
    }
}

/// The result of a word.
pub(crate) fn result_of(word: &str) -> Option<ControlResult> {
    RESULTS
        .into_iter()
        .find(|result| result_word(*result) == word)
}

/// The severities; their places, from 1, are their numbers in the store.
pub(crate) const SEVERITIES: [&str; 5] = ["informational", "low", "medium", "high", "critical"];

/// The number of a severity.
pub(crate) fn severity_of(word: &str) -> Option<i64> {
    (1..)
        .zip(SEVERITIES)
        .find(|(_, name)| *name == word)
        .map(|(number, _)| number)
}

/// The word of a severity's number.
pub(crate) fn severity_word(number: i64) -> &'static str {
    let found = (1..).zip(SEVERITIES).find(|(place, _)| *place == number);
    found.map_or("informational", |(_, word)| word)
}

/// The numbers of a scan's findings by result and severity.
#[derive(Debug, Default, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Totals(BTreeMap<&'static str, BTreeMap<&'static str, u64>>);

impl Totals {
    pub(crate) fn add(&mut self, finding: &FindingRow) {
        let of_result = self.0.entry(result_word(finding.result)).or_default();
        *of_result
            .entry(severity_word(finding.severity))
            .or_default() += 1;
    }
}

/// What is known of the findings of a registration, as `read` takes it from a row.
pub(crate) async fn known<T>(
    write: &mut Write,
    registration_id: &str,
    read: fn(&SqliteRow) -> Result<(Id, T), StoreError>,
) -> Result<HashMap<Id, T>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, digest, result, failing_since, resolved_at, gone_at, last_seen FROM findings \
         WHERE registration_id = $1",
    )
    .bind(registration_id)
    .fetch_all(&mut **write)
    .await?;
    rows.iter().map(read).collect()
}

/// Forgets what the earlier complete scan changed.
pub(crate) async fn settle(write: &mut Write, registration_id: &str) -> Result<(), StoreError> {
    sqlx::query("UPDATE findings SET change = '' WHERE registration_id = $1 AND change <> ''")
        .bind(registration_id)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// In the place of an object: findings about what runs, which rest on tasks and on what these run.
pub(crate) const WHAT_RUNS: &str = "TK.1/";

pub(crate) async fn place(write: &mut Write, id: &str) -> Result<(String, RowPlace), StoreError> {
    let query = "SELECT control_id, subject_object, account_id, region, cluster_arn FROM findings WHERE id = $1";
    let row = sqlx::query(query).bind(id).fetch_one(&mut **write).await?;
    let control: String = row.try_get("control_id")?;
    let place = RowPlace {
        object: match control.starts_with(WHAT_RUNS) {
            true => WHAT_RUNS.to_owned(),
            false => row.try_get("subject_object")?,
        },
        account_id: row.try_get("account_id")?,
        region: row.try_get("region")?,
        cluster_arn: row.try_get("cluster_arn")?,
    };
    Ok((control, place))
}
