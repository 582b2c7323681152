//! Applies merge patches (RFC 7396) of an overlay to the records of a page.

use std::sync::Arc;

use super::isolate::{Breaker, isolated};
use super::patch::{PatchProblem, Patcher, Touched};
use super::settings::OnFailure;
use super::{CallError, Engine, Issue, Mapped, MappedRecord, Overlay, Severity};
use crate::validate::RecordValidator;
use portolan_page::Page;

/// An overlay, with the state of its failures, for one object.
pub struct Amender {
    /// The overlay.
    pub overlay: Arc<Overlay>,
    /// Stops calls after too many failures.
    pub breaker: Breaker,
}

impl Amender {
    /// Amends valid records with the overlay. A record that it cannot amend, or makes invalid, stays as it
    /// was with a warning, or is rejected, as configured.
    pub fn amend(
        &self,
        engine: &Engine,
        validator: &RecordValidator,
        page: &Page,
        mapped: &mut Mapped,
    ) -> Touched {
        let mut touched = Touched::new();
        let patches = isolated(
            self.overlay.component.name(),
            &self.breaker,
            page,
            &|part, range| {
                let rows: Vec<MappedRecord> = mapped
                    .rows
                    .iter()
                    .filter(|row| range.contains(&row.source_index))
                    .map(|row| MappedRecord {
                        source_index: row.source_index - range.start,
                        span: row.span.clone(),
                    })
                    .collect();
                self.overlay.amend(engine, part, &mapped.payload, &rows)
            },
        );
        let patches = match patches {
            Ok(outcome) => outcome.mapped,
            Err(error) => {
                self.all_failed(&error, mapped);
                return touched;
            }
        };
        if !patches.rows.is_empty() {
            self.patch(validator, page, mapped, &patches, &mut touched);
        }
        for issue in patches.issues {
            let issue = self.own(issue);
            if issue.severity == Severity::Rejected {
                mapped
                    .rows
                    .retain(|row| Some(row.source_index) != issue.source_index);
            }
            mapped.issues.push(issue);
        }
        touched
    }

    /// Converts an overlay's issue: the message names the overlay, and a rejection has the configured effect.
    fn own(&self, issue: Issue) -> Issue {
        if issue.severity != Severity::Rejected {
            let message = self.said(&issue.message);
            return Issue { message, ..issue };
        }
        let problem = PatchProblem {
            code: issue.code,
            path: issue.path,
            message: issue.message,
        };
        self.issue(issue.source_index, problem)
    }

    /// Writes every record again, with its patch or without. That is faster than a payload that grows to
    /// twice its size.
    fn patch(
        &self,
        validator: &RecordValidator,
        page: &Page,
        mapped: &mut Mapped,
        patches: &Mapped,
        touched: &mut Touched,
    ) {
        let mut by_index = vec![None; page.len()];
        for row in &patches.rows {
            by_index[row.source_index] = Some(&patches.payload[row.span.clone()]);
        }
        let before = std::mem::take(&mut mapped.payload);
        let mut payload = Vec::with_capacity(before.len() + patches.payload.len());
        let mut patcher = Patcher::new(validator);
        for row in std::mem::take(&mut mapped.rows) {
            let (start, record) = (payload.len(), &before[row.span.clone()]);
            let patched = by_index[row.source_index].map_or(Ok(false), |patch| {
                let written = patcher.patch(record, row.source_index, patch, &mut payload, touched);
                written.map(|()| true)
            });
            match patched {
                Ok(true) => {}
                Ok(false) => payload.extend_from_slice(record),
                Err(problem) => {
                    let issue = self.issue(Some(row.source_index), problem);
                    mapped.issues.push(issue);
                    if self.overlay.on_failure == OnFailure::Reject {
                        continue;
                    }
                    payload.extend_from_slice(record);
                }
            }
            mapped.rows.push(MappedRecord {
                source_index: row.source_index,
                span: start..payload.len(),
            });
        }
        mapped.payload = payload;
    }

    fn all_failed(&self, error: &CallError, mapped: &mut Mapped) {
        let problem = || PatchProblem {
            code: error.code().into(),
            path: String::new(),
            message: error.to_string(),
        };
        match self.overlay.on_failure {
            OnFailure::KeepStock => mapped.issues.push(self.issue(None, problem())),
            OnFailure::Reject => {
                let rows = std::mem::take(&mut mapped.rows);
                mapped.issues.extend(
                    rows.into_iter()
                        .map(|row| self.issue(Some(row.source_index), problem())),
                );
            }
        }
    }

    fn issue(&self, source_index: Option<usize>, problem: PatchProblem) -> Issue {
        Issue {
            source_index,
            severity: match self.overlay.on_failure {
                OnFailure::KeepStock => Severity::Warning,
                OnFailure::Reject => Severity::Rejected,
            },
            code: problem.code,
            path: problem.path,
            message: self.said(&problem.message),
        }
    }

    /// Prefixes a message with the overlay's name, because several overlays may amend an object.
    fn said(&self, message: &str) -> String {
        format!("overlay {}: {message}", self.overlay.component.name())
    }
}
