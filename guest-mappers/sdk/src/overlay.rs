use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::beside::with_tags_inside;
use crate::body::{each, each_alone};
use crate::escapes::contain_unknown_escapes;
use crate::mapping::{check_page, write_row};
use crate::{Body, Context, Issue, MappedPage, Notes, PageError, Rejection, Row, Severity};

/// A module that amends the records that a mapping made.
pub trait Overlay {
    /// The connector object, for example `EcsTask`.
    const OBJECT: &'static str;
    /// The member of the page that holds the objects.
    const BODY: Body;
    /// The capabilities that the module requests from the host, for example `environment-values`.
    const CAPABILITIES: &'static [&'static str] = &[];

    /// Whether [`Overlay::amend`] reads the record. If not, the host passes no records, and `amend` gets an
    /// empty one.
    const READS_RECORDS: bool = true;

    /// The members to read, borrowed from the page. AWS puts the tags of a task definition beside it; they
    /// are read as if `tags` were a member of it. If this is a struct without flattened members, the host
    /// leaves out all other members.
    type Source<'a>: Deserialize<'a>;

    /// The attributes that it sets or removes: a struct with a field for each, or a [`Map`] if they are known
    /// only at run time, which is slower.
    type Patch<'s>: Serialize;

    /// Returns the merge patch (RFC 7396) of one record, or `None` to leave it as it is. A value in the patch
    /// sets an attribute, a null removes it, and an absent attribute stays as it is. A field that may be
    /// `None` therefore needs `#[serde(skip_serializing_if = "Option::is_none")]`. `UID` cannot be changed.
    ///
    /// # Errors
    ///
    /// Fails if the overlay does not apply to the object; its record stays as it is, with a warning.
    fn amend<'s, 'a: 's>(
        source: &'s Self::Source<'a>,
        record: &'s Map<String, Value>,
        context: &'s Context,
        notes: &mut Notes<'_>,
    ) -> Result<Option<Self::Patch<'s>>, Rejection>;

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

/// Returns the merge patches for the records of a page. The sandbox and tests run this function.
///
/// # Errors
///
/// Fails if the module does not amend the context's object, if a mapping cannot have read the page, or if a
/// record is not a JSON object.
pub fn amend_page<O: Overlay>(
    context: &Context,
    page: &[u8],
    mapped: &MappedPage,
) -> Result<MappedPage, PageError> {
    let page = check_page(O::OBJECT, &context.object, page)?;
    let mut amending = Amending::<O>::new(context, mapped);
    let together = with_tags_inside::<O::Source<'_>>(O::BODY, page);
    let in_one_pass = each(O::BODY, &together, |source_index, source| {
        amending.object(source_index, Ok(source));
    });
    if in_one_pass.is_err() {
        amending = Amending::new(context, mapped);
        let contained = contain_unknown_escapes(page);
        each_alone(
            O::BODY,
            &with_tags_inside::<O::Source<'_>>(O::BODY, &contained),
            |source_index, source| amending.object(source_index, source),
        )?;
    }
    match amending.unreadable {
        None => Ok(amending.patches),
        Some(index) => Err(PageError::Internal(format!(
            "the record of {} is not a JSON object inside the payload",
            O::BODY.path(index, ""),
        ))),
    }
}

/// The patches under construction.
struct Amending<'m, O> {
    context: &'m Context,
    mapped: &'m MappedPage,
    /// Rows, sorted by position.
    rows: Vec<&'m Row>,
    patches: MappedPage,
    unreadable: Option<u32>,
    overlay: PhantomData<O>,
}

impl<'m, O: Overlay> Amending<'m, O> {
    fn new(context: &'m Context, mapped: &'m MappedPage) -> Self {
        let mut rows: Vec<&Row> = mapped.rows.iter().collect();
        rows.sort_by_key(|row| row.source_index);
        Self {
            context,
            mapped,
            rows,
            patches: MappedPage::default(),
            unreadable: None,
            overlay: PhantomData,
        }
    }

    fn object(&mut self, source_index: u32, source: Result<O::Source<'_>, Issue>) {
        let Ok(place) = self
            .rows
            .binary_search_by_key(&source_index, |row| row.source_index)
        else {
            return;
        };
        let record = match O::READS_RECORDS {
            true => serde_json::from_slice(self.mapped.record(self.rows[place])),
            false => Ok(Map::new()),
        };
        let Ok(record) = record else {
            self.unreadable.get_or_insert(source_index);
            return;
        };
        let source = match source {
            Ok(source) => source,
            Err(issue) => {
                // The record exists already, so only the overlay's own attributes are missing.
                self.patches.issues.push(Issue {
                    severity: Severity::Warning,
                    ..issue
                });
                return;
            }
        };
        let mut notes = Notes {
            body: O::BODY,
            source_index,
            issues: &mut self.patches.issues,
        };
        match O::amend(&source, &record, self.context, &mut notes) {
            Ok(Some(patch)) => write_row(&mut self.patches, O::BODY, source_index, &patch),
            Ok(None) => {}
            Err(rejection) => notes.warn(rejection.code, &rejection.member, rejection.message),
        }
    }
}
