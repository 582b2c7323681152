use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::beside::with_tags_inside;
use crate::body::{each, each_alone};
use crate::escapes::contain_unknown_escapes;
use crate::writer;
use crate::{Body, Context, Issue, MappedPage, Notes, PageError, Rejection, Row, Severity};

/// A module that turns the objects of a page into records.
pub trait Mapping {
    /// The connector object, for example `EcsTask`.
    const OBJECT: &'static str;
    /// The member of the page that holds the objects.
    const BODY: Body;
    /// The capabilities that the module requests from the host, for example `environment-values`.
    const CAPABILITIES: &'static [&'static str] = &[];

    /// The members to read, borrowed from the page. AWS puts the tags of a task definition beside it; they
    /// are read as if `tags` were a member of it.
    type Source<'a>: Deserialize<'a>;
    /// The attributes of a record.
    type Record<'s>: Serialize;

    /// Makes the record of one object.
    ///
    /// # Errors
    ///
    /// Fails if the object has no identity or cannot become a record for another reason. The other objects of
    /// the page are not affected.
    fn map<'s, 'a: 's>(
        source: &'s Self::Source<'a>,
        context: &'s Context,
        notes: &mut Notes<'_>,
    ) -> Result<Self::Record<'s>, Rejection>;

    /// The attributes beyond those of the stock schema, as JSON Schema properties.
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

/// Maps the raw body of one Describe response. The sandbox and tests run this function.
///
/// # Errors
///
/// Fails if the module does not map the context's object, or if the page is not a response that could hold
/// such objects. A single invalid object becomes an issue of the result instead.
pub fn map_page<M: Mapping>(context: &Context, page: &[u8]) -> Result<MappedPage, PageError> {
    let page = check_page(M::OBJECT, &context.object, page)?;
    let mut output = Output::for_page(page.len());
    let together = with_tags_inside::<M::Source<'_>>(M::BODY, page);
    if each(M::BODY, &together, |index, source| {
        output.map::<M>(context, index, &source)
    })
    .is_ok()
    {
        return Ok(output.page);
    }
    output = Output::for_page(page.len());
    let contained = contain_unknown_escapes(page);
    each_alone(
        M::BODY,
        &with_tags_inside::<M::Source<'_>>(M::BODY, &contained),
        |index, source| match source {
            Ok(source) => output.map::<M>(context, index, &source),
            Err(issue) => output.page.issues.push(issue),
        },
    )?;
    Ok(output.page)
}

/// Checks the conditions for reading a page.
pub fn check_page<'a>(object: &str, asked: &str, page: &'a [u8]) -> Result<&'a str, PageError> {
    if asked != object {
        let message = format!("this module handles {object}, not the requested connector object");
        return Err(PageError::UnsupportedObject(message));
    }
    if u32::try_from(page.len()).is_err() {
        return Err(PageError::MalformedPage(
            "the page is larger than 4 GiB".to_owned(),
        ));
    }
    std::str::from_utf8(page).map_err(|error| {
        let position = error.valid_up_to();
        PageError::MalformedPage(format!("the page is not UTF-8 at byte {position}"))
    })
}

/// The result under construction.
struct Output {
    page: MappedPage,
}

impl Output {
    /// Records of full-size objects take a third of their page, so half of the page is rarely too small.
    fn for_page(page_bytes: usize) -> Self {
        let payload = Vec::with_capacity(page_bytes / 2);
        Self {
            page: MappedPage {
                payload,
                ..MappedPage::default()
            },
        }
    }

    fn map<M: Mapping>(&mut self, context: &Context, source_index: u32, source: &M::Source<'_>) {
        let mut notes = Notes {
            body: M::BODY,
            source_index,
            issues: &mut self.page.issues,
        };
        match M::map(source, context, &mut notes) {
            Ok(record) => write_row(&mut self.page, M::BODY, source_index, &record),
            Err(rejection) => self
                .page
                .issues
                .push(rejected(M::BODY, source_index, rejection)),
        }
    }
}

/// Appends a record to the payload, or an issue if it cannot be written as JSON.
pub fn write_row(page: &mut MappedPage, body: Body, source_index: u32, record: &impl Serialize) {
    let start = page.payload.len();
    let written = writer::write(&mut page.payload, record).is_ok();
    end_row(page, body, source_index, start, written);
}

/// Does what [`write_row`] does with attributes, whose names need no escape. `rest` are further attributes as text,
/// each after a comma.
pub fn write_attributes(
    page: &mut MappedPage,
    body: Body,
    source_index: u32,
    attributes: &[(&str, impl Serialize)],
    rest: &[u8],
) {
    let start = page.payload.len();
    let written = writer::write_attributes(&mut page.payload, attributes, rest).is_ok();
    end_row(page, body, source_index, start, written);
}

fn end_row(page: &mut MappedPage, body: Body, source_index: u32, start: usize, written: bool) {
    let offset = u32::try_from(start);
    let length = u32::try_from(page.payload.len() - start);
    if let (true, Ok(offset), Ok(length)) = (written, offset, length) {
        page.rows.push(Row {
            source_index,
            offset,
            length,
        });
        return;
    }
    page.payload.truncate(start);
    let message = "the mapper made a record that cannot be written as JSON".to_owned();
    let rejection = Rejection {
        code: "unwritable-record",
        member: String::new(),
        message,
    };
    page.issues.push(rejected(body, source_index, rejection));
}

/// The issue of an object that gives no record.
pub fn rejected(body: Body, source_index: u32, rejection: Rejection) -> Issue {
    Issue {
        source_index: Some(source_index),
        severity: Severity::Rejected,
        code: rejection.code,
        path: body.path(source_index, &rejection.member),
        message: rejection.message,
    }
}
