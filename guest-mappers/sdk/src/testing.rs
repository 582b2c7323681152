//! Helpers for a mapper's own tests: a context, and pages mapped to JSON values.

use serde_json::Value;

use crate::{
    Assessing, BatchContext, Context, Issue, Mapping, Overlay, PageError, amend_page, assess_batch,
    map_page,
};

/// The context of test pages: account 123456789012, Region us-west-2, captured at 2026-11-21T01:32:00.123Z.
#[must_use]
pub fn context(object: &str) -> Context {
    Context {
        object: object.to_owned(),
        operation: String::new(),
        partition: "aws".to_owned(),
        account_id: "123456789012".to_owned(),
        region: "us-west-2".to_owned(),
        captured_at: "2026-11-21T01:32:00.123Z".to_owned(),
        config: "{}".to_owned(),
    }
}

/// The result of mapping or amending a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The records, patches or verdicts, each with its position in the page.
    pub records: Vec<(u32, Value)>,
    /// The findings of the module.
    pub issues: Vec<Issue>,
}

/// Maps a page in the [`context()`] of tests.
///
/// # Errors
///
/// Fails as [`map_page`] does, and if a row is not JSON.
pub fn map<M: Mapping>(page: &str) -> Result<Outcome, PageError> {
    outcome(map_page::<M>(&context(M::OBJECT), page.as_bytes())?)
}

/// Maps a page in the [`context()`] of tests, then returns the patches of an overlay.
///
/// # Errors
///
/// Fails as [`map_page`] and [`amend_page`] do, and if a row is not JSON.
pub fn amend<M: Mapping, O: Overlay>(page: &str) -> Result<Outcome, PageError> {
    let mapped = map_page::<M>(&context(M::OBJECT), page.as_bytes())?;
    outcome(amend_page::<O>(
        &context(O::OBJECT),
        page.as_bytes(),
        &mapped,
    )?)
}

/// Judges a batch with these settings, captured at the time of [`context()`].
///
/// # Errors
///
/// Fails as [`assess_batch`] does, and if a row is not JSON.
pub fn assess<A: Assessing>(batch: &str, config: &str) -> Result<Outcome, PageError> {
    let context = BatchContext {
        subject: A::SUBJECT.to_owned(),
        captured_at: context(A::SUBJECT).captured_at,
        config: config.to_owned(),
    };
    outcome(assess_batch::<A>(&context, batch.as_bytes())?)
}

fn outcome(mapped: crate::MappedPage) -> Result<Outcome, PageError> {
    let record = |row| serde_json::from_slice(mapped.record(row));
    let records = mapped
        .rows
        .iter()
        .map(|row| Ok((row.source_index, record(row)?)));
    let records = records
        .collect::<Result<_, serde_json::Error>>()
        .map_err(|error| PageError::Internal(format!("a row is not JSON: {error}")))?;
    Ok(Outcome {
        records,
        issues: mapped.issues,
    })
}
