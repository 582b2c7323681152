//! How findings change from scan to scan.

use portolan_sandbox::ControlResult;
use sqlx::{Row, SqliteExecutor};

use super::{FindingRow, LoadRow, StoreError, Write, hex, result_word};

/// What the store knew of a finding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    pub(crate) result: Option<ControlResult>,
    pub(crate) failing_since: Option<i64>,
    pub(crate) was_resolved: bool,
}

/// The scan that saw the finding, or should have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'s> {
    pub(crate) scan_id: &'s str,
    pub(crate) at: i64,
}

/// What a scan changes in a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// `new`, `reopened`, `resolved`, or nothing.
    word: &'static str,
    /// The beginning of the failure. A missing answer does not end it.
    failing_since: Option<i64>,
    /// The result before, if it is another one.
    before: Option<ControlResult>,
    is_first: bool,
}

impl Change {
    pub(crate) fn between(before: Option<&Before>, result: ControlResult, at: i64) -> Self {
        let was_failing = before.and_then(|it| it.failing_since);
        let was_resolved = before.is_some_and(|it| it.was_resolved);
        let (word, failing_since) = match (result, was_failing) {
            (ControlResult::Fail, Some(since)) => ("", Some(since)),
            (ControlResult::Fail, None) if was_resolved => ("reopened", Some(at)),
            (ControlResult::Fail, None) => ("new", Some(at)),
            (ControlResult::NotEvaluated, since) => ("", since),
            (ControlResult::Pass | ControlResult::NotApplicable, Some(_)) => ("resolved", None),
            (ControlResult::Pass | ControlResult::NotApplicable, None) => ("", None),
        };
        let result_before = before.and_then(|it| it.result);
        Self {
            word,
            failing_since,
            before: result_before.filter(|before| *before != result),
            is_first: before.is_none(),
        }
    }

    fn event(&self) -> Option<&'static str> {
        match (self.word, self.is_first, self.before) {
            ("", true, _) => Some("seen"),
            ("", false, None) => None,
            ("", false, Some(_)) => Some("changed"),
            (word, ..) => Some(word),
        }
    }
}

/// Inserts or replaces a finding that a scan gave.
pub(crate) async fn put(
    write: &mut Write,
    registration_id: &str,
    row: &LoadRow,
    finding: &FindingRow,
    change: &Change,
    seen: &Seen<'_>,
) -> Result<(), StoreError> {
    let id = hex(&row.id);
    let result = result_word(finding.result);
    let resolved_at = (change.word == "resolved").then_some(seen.at);
    sqlx::query(
        "INSERT INTO findings (id, registration_id, uid, control_id, severity, result, verdict, subject_object, \
         subject_uid, subject_name, account_id, region, cluster_arn, is_latest, running_tasks, body, digest, \
         first_seen, since, failing_since, resolved_at, change, service, is_running, standards) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18, $19, $20, $21, \
         $22, $23, $24) \
         ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, result = excluded.result, \
         verdict = excluded.verdict, subject_name = excluded.subject_name, cluster_arn = excluded.cluster_arn, \
         service = excluded.service, is_running = excluded.is_running, standards = excluded.standards, \
         is_latest = excluded.is_latest, running_tasks = excluded.running_tasks, body = excluded.body, \
         digest = excluded.digest, last_seen = NULL, gone_at = NULL, \
         since = CASE WHEN findings.result = excluded.result AND findings.gone_at IS NULL THEN findings.since \
           ELSE excluded.since END, \
         failing_since = excluded.failing_since, \
         resolved_at = COALESCE(excluded.resolved_at, findings.resolved_at), \
         change = CASE WHEN excluded.change = '' THEN findings.change ELSE excluded.change END",
    )
    .bind(&id)
    .bind(registration_id)
    .bind(&row.uid)
    .bind(&finding.control_id)
    .bind(finding.severity)
    .bind(result)
    .bind(&finding.verdict)
    .bind(&row.object)
    .bind(&finding.subject_uid)
    .bind(&row.name)
    .bind(&row.account_id)
    .bind(&row.region)
    .bind(&row.cluster_arn)
    .bind(finding.is_latest)
    .bind(finding.running_tasks)
    .bind(&row.body)
    .bind(&row.digest)
    .bind(seen.at)
    .bind(change.failing_since)
    .bind(resolved_at)
    .bind(change.word)
    .bind(&row.service)
    .bind(row.is_running)
    .bind(&finding.standards)
    .execute(&mut **write)
    .await?;
    match change.event() {
        Some(event) => add(write, &id, seen, event, result, change.before).await,
        None => Ok(()),
    }
}

/// Notes that its subject is gone: a complete scan would have seen it.
pub(crate) async fn gone(
    write: &mut Write,
    id: &str,
    before: &Before,
    seen: &Seen<'_>,
) -> Result<(), StoreError> {
    let was_failing = before.failing_since.is_some();
    sqlx::query(
        "UPDATE findings SET gone_at = $1, failing_since = NULL, change = $2, \
         resolved_at = COALESCE($3, resolved_at) WHERE id = $4",
    )
    .bind(seen.at)
    .bind(if was_failing { "resolved" } else { "" })
    .bind(was_failing.then_some(seen.at))
    .bind(id)
    .execute(&mut **write)
    .await?;
    let result = before.result.map_or("", result_word);
    add(write, id, seen, "gone", result, before.result).await
}

async fn add(
    write: &mut Write,
    finding_id: &str,
    seen: &Seen<'_>,
    event: &str,
    result: &str,
    before: Option<ControlResult>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO finding_events (id, finding_id, scan_id, at, event, result, result_before) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(crate::moment::id())
    .bind(finding_id)
    .bind(seen.scan_id)
    .bind(seen.at)
    .bind(event)
    .bind(result)
    .bind(before.map(result_word))
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Something that happened to a finding.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) scan_id: String,
    pub(crate) at: i64,
    pub(crate) event: String,
    pub(crate) result: String,
    pub(crate) result_before: Option<String>,
}

/// What happened to a finding before the event with id `before`, the newest first.
pub(crate) async fn history(
    from: impl SqliteExecutor<'_>,
    finding_id: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM finding_events WHERE finding_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(finding_id)
    .bind(before)
    .bind(limit)
    .fetch_all(from)
    .await?;
    let events = rows.iter().map(|row| {
        Ok(Event {
            id: row.try_get("id")?,
            scan_id: row.try_get("scan_id")?,
            at: row.try_get("at")?,
            event: row.try_get("event")?,
            result: row.try_get("result")?,
            result_before: row.try_get("result_before")?,
        })
    });
    events.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_begins_once_and_ends_only_by_an_answer() {
        use ControlResult::{Fail, NotApplicable, NotEvaluated, Pass};
        let mut before: Option<Before> = None;
        for (at, result, word, failing_since) in [
            (1, Fail, "new", Some(1)),
            (2, Fail, "", Some(1)),
            (3, NotEvaluated, "", Some(1)),
            (4, Fail, "", Some(1)),
            (5, Pass, "resolved", None),
            (6, NotEvaluated, "", None),
            (7, NotApplicable, "", None),
            (8, Fail, "reopened", Some(8)),
            (9, NotApplicable, "resolved", None),
        ] {
            let change = Change::between(before.as_ref(), result, at);
            assert_eq!(
                (change.word, change.failing_since),
                (word, failing_since),
                "at {at}"
            );
            let was_resolved = before.is_some_and(|it| it.was_resolved) || word == "resolved";
            before = Some(Before {
                result: Some(result),
                failing_since,
                was_resolved,
            });
        }
        let passed = Change::between(None, Pass, 1);
        assert_eq!((passed.word, passed.event()), ("", Some("seen")));
    }
}
