//! Isolates the objects of a page that make a module fail, so that only these are lost.

use std::ops::Range;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::{CallError, Issue, Mapped, MappedRecord, Severity};
use portolan_page::Page;

/// The number of pages in a row without any mapped object, after which a module is not called any more: a
/// module that always hangs must not delay a sync of ten thousand pages.
const FAILURES_IN_A_ROW: u32 = 5;

/// The limit for the search for the objects that break a module, beyond the page's own budget. Objects that
/// are not isolated by then are rejected with the rest of their part.
const SEARCH_TIME: Duration = Duration::from_secs(10);

/// Counts a module's failures in a row, to stop calling it.
#[derive(Debug, Default)]
pub struct Breaker {
    state: Mutex<(u32, Option<CallError>)>,
}

impl Breaker {
    fn check(&self, module: &str) -> Result<(), CallError> {
        let state = self.lock();
        match &*state {
            (failures, Some(last)) if *failures >= FAILURES_IN_A_ROW => {
                Err(CallError::SwitchedOff {
                    module: module.to_owned(),
                    failures: *failures,
                    last: last.to_string(),
                })
            }
            _ => Ok(()),
        }
    }

    fn note(&self, failure: Option<&CallError>) {
        let mut state = self.lock();
        match failure {
            // A page that the module refuses is not a failure of the module.
            Some(CallError::Refused { .. }) => {}
            Some(error) => *state = (state.0 + 1, Some(error.clone())),
            None => *state = (0, None),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (u32, Option<CallError>)> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The result of mapping a page.
#[derive(Debug)]
pub struct Outcome {
    /// The module's answer, and rejections of the objects that break it.
    pub mapped: Mapped,
    /// The failure that had to be isolated, for the report.
    pub isolated: Option<CallError>,
}

/// Calls a module with the part of a page in this range.
pub type Call<'a> = &'a dyn Fn(&Page, Range<usize>) -> Result<Mapped, CallError>;

/// Calls a module for a page with `call`. If the module fails, the page is tried again in a fresh instance,
/// then bisected, and every object that breaks the module becomes a rejection.
///
/// # Errors
/// Fails if the module cannot map any part of the page.
pub fn isolated(
    module: &str,
    breaker: &Breaker,
    page: &Page,
    call: Call<'_>,
) -> Result<Outcome, CallError> {
    breaker.check(module)?;
    let whole = || call(page, 0..page.len());
    let result = match whole() {
        Ok(mapped) => Ok(Outcome {
            mapped,
            isolated: None,
        }),
        Err(refused @ CallError::Refused { .. }) => Err(refused),
        Err(first) => {
            tracing::debug!("trying a page again: {first}");
            match whole() {
                Ok(mapped) => Ok(Outcome {
                    mapped,
                    isolated: Some(first),
                }),
                Err(second) => bisect(page, call, second),
            }
        }
    };
    let nothing = |outcome: &Outcome| outcome.mapped.rows.is_empty();
    breaker.note(match &result {
        // One bad object implies nothing about the next one, unless each uses up all of its time.
        Ok(outcome) if nothing(outcome) => outcome
            .isolated
            .as_ref()
            .filter(|error| page.len() > 1 || matches!(error, CallError::TimeExceeded { .. })),
        Ok(_) => None,
        Err(error) => Some(error),
    });
    result
}

struct Search<'a> {
    page: &'a Page,
    call: Call<'a>,
    until: Instant,
    found: Mapped,
    mapped_parts: usize,
}

fn bisect(page: &Page, call: Call<'_>, error: CallError) -> Result<Outcome, CallError> {
    if page.len() <= 1 {
        return quarantine_all(page, error);
    }
    let mut search = Search {
        page,
        call,
        until: Instant::now() + SEARCH_TIME,
        found: Mapped::default(),
        mapped_parts: 0,
    };
    let middle = page.len() / 2;
    search.part(0..middle, &error);
    search.part(middle..page.len(), &error);
    if search.mapped_parts == 0 {
        return Err(error);
    }
    search.found.rows.sort_by_key(|row| row.source_index);
    search.found.issues.sort_by_key(|issue| issue.source_index);
    Ok(Outcome {
        mapped: search.found,
        isolated: Some(error),
    })
}

/// Rejects the objects of a page that breaks the module, so that every object of the page is accounted for.
fn quarantine_all(page: &Page, error: CallError) -> Result<Outcome, CallError> {
    if page.described().next().is_none() {
        return Err(error);
    }
    let mut mapped = Mapped::default();
    mapped
        .issues
        .extend(page.described().map(|index| quarantine(index, &error)));
    Ok(Outcome {
        mapped,
        isolated: Some(error),
    })
}

fn quarantine(source_index: usize, error: &CallError) -> Issue {
    Issue {
        source_index: Some(source_index),
        severity: Severity::Rejected,
        code: error.code().into(),
        path: String::new(),
        message: error.to_string(),
    }
}

impl Search<'_> {
    fn part(&mut self, range: Range<usize>, before: &CallError) {
        if range.is_empty() {
            return;
        }
        if Instant::now() >= self.until {
            self.give_up(range, before);
            return;
        }
        match (self.call)(&self.page.part(range.clone()), range.clone()) {
            Ok(mapped) => {
                self.mapped_parts += 1;
                self.keep(range.start, mapped);
            }
            Err(error) if range.len() == 1 => self.give_up(range, &error),
            Err(error) => {
                let middle = range.start + range.len() / 2;
                self.part(range.start..middle, &error);
                self.part(middle..range.end, &error);
            }
        }
    }

    fn keep(&mut self, start: usize, mapped: Mapped) {
        let base = self.found.payload.len();
        self.found.payload.extend_from_slice(&mapped.payload);
        self.found
            .rows
            .extend(mapped.rows.into_iter().map(|row| MappedRecord {
                source_index: row.source_index + start,
                span: row.span.start + base..row.span.end + base,
            }));
        self.found
            .issues
            .extend(mapped.issues.into_iter().map(|issue| Issue {
                source_index: issue.source_index.map(|index| index + start),
                ..issue
            }));
    }

    fn give_up(&mut self, range: Range<usize>, error: &CallError) {
        let lost = range
            .filter(|index| self.page.has(*index))
            .map(|index| quarantine(index, error));
        self.found.issues.extend(lost);
    }
}
