//! Brings a scan into the store: one transaction, after which readers see the new picture, or none of it.
//!
//! Only what has changed is written. What a scan did not see is gone only where its report proves the absence;
//! otherwise it stays, with the time when it was last seen.

use std::collections::HashSet;
use std::path::Path;

use portolan_assess::{Assessment, Settled};
use portolan_page::object::Object;
use portolan_records::changes::SeenScopes;
use portolan_records::report::{Report, Status};
use portolan_sandbox::ControlResult;
use sqlx::Row;

use super::judge::FINDINGS;
use super::rows;
use super::runs::Runs;
use crate::moment;
use crate::shared::Shared;
use crate::store::findings::{self, Before, Change, Seen};
use crate::store::registrations::{self, Registration};
use crate::store::rows::{Id, LoadRow, Table, hex, id, id_of};
use crate::store::scans::{self, Ending, Lease, ScanState};
use crate::store::workloads::{self, GROUP};
use crate::store::{StoreError, Write, coverage, from_json, json, objects};

/// A scan could not be loaded. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Row(#[from] rows::RowError),
}

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What the store knew of a row before this scan.
struct Known {
    digest: String,
    result: Option<ControlResult>,
    failing_since: Option<i64>,
    was_resolved: bool,
    is_gone: bool,
    is_stale: bool,
    is_seen: bool,
}

/// A load under way.
struct Load<'l> {
    write: Write,
    registration: &'l Registration,
    scan_id: &'l str,
    /// When this scan and the one before captured.
    at: i64,
    earlier_at: i64,
    proof: Proof,
}

/// What proves that an object is gone: both scans asked alike, and this one was complete there.
struct Proof {
    scopes: SeenScopes,
    earlier: Option<SeenScopes>,
}

impl Proof {
    fn is_gone(&self, object: &str, account_id: &str, region: &str, cluster_arn: &str) -> bool {
        if object == findings::WHAT_RUNS {
            let is_gone =
                |object: Object, cluster| self.is_gone(object.name(), account_id, region, cluster);
            return is_gone(Object::EcsTask, cluster_arn)
                && is_gone(Object::EcsTaskDefinition, "")
                && is_gone(Object::EcsContainerDefinition, "");
        }
        let Ok(object) = object.parse::<Object>() else {
            return false;
        };
        let cluster = (!cluster_arn.is_empty()).then_some(cluster_arn);
        let asked_alike = |earlier: &SeenScopes| self.scopes.asked_alike(earlier, object);
        self.earlier.as_ref().is_some_and(asked_alike)
            && self
                .scopes
                .proves_absence_at(object, account_id, region, cluster)
    }
}

/// Loads a scan and ends it; `None` if it no longer belongs to this try.
pub(super) async fn load(
    service: &Shared,
    lease: &Lease,
    registration: &Registration,
    output: &Path,
    report: &Report,
    assessment: &Assessment,
) -> Result<Option<ScanState>, LoadError> {
    let at = moment::parse(&report.captured_at).unwrap_or_else(moment::now);
    let mut load = Load {
        write: service.store.write().await?,
        registration,
        scan_id: &lease.scan_id,
        at,
        earlier_at: registration.captured_at.unwrap_or(at),
        proof: Proof {
            scopes: seen(report),
            earlier: earlier(service, registration).await?,
        },
    };
    if report.complete {
        // What the earlier complete scan changed is not new any more.
        findings::settle(&mut load.write, &registration.id).await?;
    }
    load.objects(output).await?;
    let counts = load.findings(output, &Settled::new(assessment)).await?;
    let mut write = load.write;
    for control in &assessment.controls {
        coverage::put(&mut write, &registration.id, &lease.scan_id, at, control).await?;
    }
    registrations::loaded(&mut write, &registration.id, &lease.scan_id, at).await?;
    let state = match report.status {
        Status::Complete => ScanState::Complete,
        Status::Partial | Status::Failed => ScanState::Partial,
    };
    let reason = report.scopes.iter().find_map(|scope| {
        let reason = scope.reason.as_ref().filter(|_| !scope.complete)?;
        Some(format!(
            "{} in {} {}: {reason}",
            scope.object, scope.account_id, scope.region
        ))
    });
    let ending = Ending {
        state,
        reason: reason.as_deref(),
        captured_at: Some(at),
        report: Some(json(report)?),
        assessment: Some(json(assessment)?),
        counts: Some(json(&counts)?),
    };
    if !scans::end(&mut write, lease, &ending, moment::now()).await? {
        return Ok(None);
    }
    write.commit().await?;
    Ok(Some(state))
}

fn seen(report: &Report) -> SeenScopes {
    SeenScopes::new(
        &report.captured_at,
        &report.options,
        report.data_replaced,
        &report.scopes,
    )
}

/// The scopes of the scan before; what it stored may lie longer back.
async fn earlier(
    service: &Shared,
    registration: &Registration,
) -> Result<Option<SeenScopes>, StoreError> {
    let Some(scan_id) = &registration.loaded_scan else {
        return Ok(None);
    };
    let documents = scans::documents(service.store.read(), scan_id).await?;
    let report = documents.and_then(|(report, _)| report);
    let report: Option<Report> = report
        .map(|text| from_json(&text, "a report"))
        .transpose()?;
    Ok(report.as_ref().map(seen))
}

impl Load<'_> {
    async fn objects(&mut self, output: &Path) -> Result<(), LoadError> {
        let mut known =
            objects::known(&mut self.write, &self.registration.id, known_object).await?;
        let mut runs = Runs::default();
        for object in Object::ALL {
            let file = output.join(format!("{object}.jsonl"));
            let mut batches = rows::read(file, object.to_string(), self.registration.id.clone());
            while let Some(batch) = batches.recv().await {
                for row in batch? {
                    runs.add(&row);
                    self.object(&row, known.get_mut(&row.id)).await?;
                }
            }
        }
        let unseen = known
            .into_iter()
            .filter(|(_, it)| !it.is_seen && !it.is_gone);
        for (id, it) in unseen {
            let id = hex(&id);
            let place = objects::place(&mut self.write, &id).await?;
            let is_gone = self.proof.is_gone(
                &place.object,
                &place.account_id,
                &place.region,
                &place.cluster_arn,
            );
            if is_gone {
                Table::Objects.gone(&mut self.write, &id, self.at).await?;
            } else if !it.is_stale {
                Table::Objects
                    .stale(&mut self.write, &id, self.earlier_at)
                    .await?;
            }
        }
        self.workloads(runs).await
    }

    async fn workloads(&mut self, runs: Runs) -> Result<(), LoadError> {
        let registration = &self.registration.id;
        let mut seen = HashSet::new();
        for (uid, workload) in &runs.finish() {
            let id = id(registration, "Workload", uid);
            workloads::put(&mut self.write, &id, registration, uid, workload).await?;
            seen.insert(hex(&id));
        }
        for (id, place) in workloads::known(&mut self.write, registration).await? {
            let [object, account_id, region, cluster_arn] = &place;
            let object = match object.as_str() {
                GROUP => Object::EcsTask.name(),
                object => object,
            };
            if seen.contains(&id) {
                continue;
            }
            if self.proof.is_gone(object, account_id, region, cluster_arn) {
                Table::Workloads.gone(&mut self.write, &id, self.at).await?;
            } else {
                Table::Workloads
                    .stale(&mut self.write, &id, self.earlier_at)
                    .await?;
            }
        }
        Ok(())
    }

    async fn object(&mut self, row: &LoadRow, known: Option<&mut Known>) -> Result<(), LoadError> {
        if let Some(known) = known {
            known.is_seen = true;
            if known.digest == row.digest && !known.is_gone && !known.is_stale {
                return Ok(());
            }
        }
        objects::put(&mut self.write, &self.registration.id, row, self.at).await?;
        Ok(())
    }

    async fn findings(
        &mut self,
        output: &Path,
        settled: &Settled<'_>,
    ) -> Result<findings::Totals, LoadError> {
        let mut known =
            findings::known(&mut self.write, &self.registration.id, known_finding).await?;
        let mut totals = findings::Totals::default();
        let file = output.join(FINDINGS);
        let mut batches = rows::read(file, "Finding".into(), self.registration.id.clone());
        while let Some(batch) = batches.recv().await {
            for row in batch? {
                if let Some(finding) = &row.finding {
                    totals.add(finding);
                }
                self.finding(&row, known.get_mut(&row.id)).await?;
            }
        }
        let unseen = known
            .into_iter()
            .filter(|(_, it)| !it.is_seen && !it.is_gone);
        for (id, it) in unseen {
            let id = hex(&id);
            let (control_id, place) = findings::place(&mut self.write, &id).await?;
            // A control that was not asked, or had no answer, says nothing of its earlier findings.
            let is_gone = settled.has(&control_id, &place.account_id, &place.region)
                && self.proof.is_gone(
                    &place.object,
                    &place.account_id,
                    &place.region,
                    &place.cluster_arn,
                );
            if is_gone {
                let before = Before {
                    result: it.result,
                    failing_since: it.failing_since,
                    was_resolved: it.was_resolved,
                };
                let seen = Seen {
                    scan_id: self.scan_id,
                    at: self.at,
                };
                findings::gone(&mut self.write, &id, &before, &seen).await?;
            } else if !it.is_stale {
                Table::Findings
                    .stale(&mut self.write, &id, self.earlier_at)
                    .await?;
            }
        }
        Ok(totals)
    }

    async fn finding(&mut self, row: &LoadRow, known: Option<&mut Known>) -> Result<(), LoadError> {
        let Some(finding) = &row.finding else {
            return Ok(());
        };
        let mut before = None;
        if let Some(known) = known {
            known.is_seen = true;
            if known.digest == row.digest && !known.is_gone && !known.is_stale {
                return Ok(());
            }
            before = Some(Before {
                result: known.result,
                failing_since: known.failing_since,
                was_resolved: known.was_resolved,
            });
        }
        let change = Change::between(before.as_ref(), finding.result, self.at);
        let seen = Seen {
            scan_id: self.scan_id,
            at: self.at,
        };
        findings::put(
            &mut self.write,
            &self.registration.id,
            row,
            finding,
            &change,
            &seen,
        )
        .await?;
        Ok(())
    }
}

fn known_object(row: &sqlx::sqlite::SqliteRow) -> Result<(Id, Known), StoreError> {
    let id: String = row.try_get("id")?;
    let known = Known {
        digest: row.try_get("digest")?,
        result: None,
        failing_since: None,
        was_resolved: false,
        is_gone: row.try_get::<Option<i64>, _>("gone_at")?.is_some(),
        is_stale: row.try_get::<Option<i64>, _>("last_seen")?.is_some(),
        is_seen: false,
    };
    Ok((id_of(&id).ok_or(StoreError::Row("an id"))?, known))
}

fn known_finding(row: &sqlx::sqlite::SqliteRow) -> Result<(Id, Known), StoreError> {
    let (id, known) = known_object(row)?;
    let result: String = row.try_get("result")?;
    let known = Known {
        result: findings::result_of(&result),
        failing_since: row.try_get("failing_since")?,
        was_resolved: row.try_get::<Option<i64>, _>("resolved_at")?.is_some(),
        ..known
    };
    Ok((id, known))
}
