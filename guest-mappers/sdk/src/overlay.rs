use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::body::each_alone;
use crate::escapes::contain_unknown_escapes;
use crate::mapping::{check_page, write_row};
use crate::{Body, Context, Issue, MappedPage, Notes, PageError, Rejection, Severity};

/// A module that amends the records that a mapping made.
pub trait Overlay {
    /// The connector object, for example `EcsTask`.
    const OBJECT: &'static str;
    /// Where the page keeps the objects.
    const BODY: Body;
    /// What the module asks of the host, for example `environment-values`.
    const CAPABILITIES: &'static [&'static str] = &[];

    /// The members that matter, borrowed from the page.
    type Source<'a>: Deserialize<'a>;

    /// Gives the merge patch (RFC 7396) of one record, or `None` to leave it as it is. A null in the
    /// patch removes an attribute; `UID` cannot be changed.
    ///
    /// # Errors
    ///
    /// Fails if the object cannot be judged; its record stays as it is, with a warning.
    fn amend(
        source: &Self::Source<'_>,
        record: &Map<String, Value>,
        context: &Context,
        notes: &mut Notes<'_>,
    ) -> Result<Option<Map<String, Value>>, Rejection>;

    /// The attributes that the overlay adds, as JSON Schema properties.
    #[must_use]
    fn attributes() -> Value {
        json!({})
    }

    /// The JSON Schema of the module's settings; null if it has none.
    #[must_use]
    fn settings() -> Value {
        Value::Null
    }
}

/// Gives the merge patches for the records of a page: what the sandbox runs, and what a test calls.
///
/// # Errors
///
/// Fails if the module does not amend the context's object, or if the page or a record is not what
/// a mapping could have read or made.
pub fn amend_page<O: Overlay>(
    context: &Context,
    page: &[u8],
    mapped: &MappedPage,
) -> Result<MappedPage, PageError> {
    let page = contain_unknown_escapes(check_page(O::OBJECT, context, page)?);
    let rows: HashMap<u32, _> = mapped
        .rows
        .iter()
        .map(|row| (row.source_index, row))
        .collect();
    let mut patches = MappedPage::default();
    let mut unreadable = None;
    each_alone(
        O::BODY,
        &page,
        |source_index, source: Result<O::Source<'_>, Issue>| {
            let Some(row) = rows.get(&source_index) else {
                return;
            };
            let Ok(record) = serde_json::from_slice(mapped.record(row)) else {
                unreadable.get_or_insert(source_index);
                return;
            };
            let mut notes = Notes {
                body: O::BODY,
                source_index,
                issues: &mut patches.issues,
            };
            let patch = match source {
                Ok(source) => O::amend(&source, &record, context, &mut notes),
                Err(issue) => {
                    // The record exists already, so nothing is lost but the overlay's own attributes.
                    patches.issues.push(Issue {
                        severity: Severity::Warning,
                        ..issue
                    });
                    return;
                }
            };
            match patch {
                Ok(Some(patch)) => write_row(&mut patches, O::BODY, source_index, &patch),
                Ok(None) => {}
                Err(rejection) => notes.warn(rejection.code, &rejection.member, rejection.message),
            }
        },
    )?;
    match unreadable {
        None => Ok(patches),
        Some(index) => Err(PageError::Internal(format!(
            "the record of {} is not a JSON object inside the payload",
            O::BODY.path(index, ""),
        ))),
    }
}
