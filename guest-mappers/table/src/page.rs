//! Turns a page into its records or patches.

use std::borrow::Cow;

use bumpalo::Bump;
use portolan_mapper_sdk::steps::{
    check_page, contain_unknown_escapes, each_alone_with, each_with, read_tracked, rejected,
    tags_inside, write_attributes, wrong_member,
};
use portolan_mapper_sdk::{Context, Issue, MappedPage, Notes, PageError, Rejection, Severity};

use crate::attribute::{Output, Scope, fill, uid};
use crate::evaluate::Evaluator;
use crate::plan::{Attribute, Plan, Shape, Source};
use crate::read::Reader;
use crate::value::Value;

/// The steps that every object may use, however small the page. A full-size task uses 400; this many steps
/// take about ten milliseconds in the sandbox.
pub(crate) const OBJECT_STEPS: u64 = 200_000;

/// For each of this many bytes of the page, an object may use one more step, and the page two more, beyond
/// ten times [`OBJECT_STEPS`]. A step may leave a value of 16 bytes in the arena; a costly expression must
/// run out of steps before the sandbox runs out of memory or time.
const BYTES_PER_STEP: u64 = 8;

/// A table while it runs on a page.
struct Run<'b> {
    plan: &'b Plan<'b>,
    context: &'b Context,
    evaluator: Evaluator<'b>,
    /// The members of the page beside the objects, or the error in them.
    page: Result<Value<'b>, Issue>,
    page_steps_left: u64,
    object_steps: u64,
    output: MappedPage,
    record: Vec<(&'b str, Output<'b>)>,
    /// The attributes that differ between objects.
    own: &'b [Attribute<'b>],
    /// The others, at the end of each record, as text.
    rest: Vec<u8>,
    /// The positions of the objects that have a record, sorted; `None` for a mapping.
    rows: Option<&'b [u32]>,
}

/// Maps a page with a table.
///
/// # Errors
/// Fails if the table does not map the context's object, or if the page is not a response that could hold
/// such objects.
pub fn map_page(plan: &Plan<'_>, context: &Context, page: &[u8]) -> Result<MappedPage, PageError> {
    walk(plan, context, page, None)
}

/// Returns the merge patches of a table for the records of a page.
///
/// # Errors
/// As [`map_page`].
pub fn amend_page(
    plan: &Plan<'_>,
    context: &Context,
    page: &[u8],
    mapped: &MappedPage,
) -> Result<MappedPage, PageError> {
    let mut rows: Vec<u32> = mapped.rows.iter().map(|row| row.source_index).collect();
    rows.sort_unstable();
    walk(plan, context, page, Some(&rows))
}

/// Visits the objects of a page: all in one pass, or one by one if an object is of a wrong type. `rows` are
/// the positions of the records to amend.
fn walk(
    plan: &Plan<'_>,
    context: &Context,
    page: &[u8],
    rows: Option<&[u32]>,
) -> Result<MappedPage, PageError> {
    let page = check_page(plan.object.name(), &context.object, page)?;
    if let Some(output) = walk_together(plan, context, &with_tags(plan, page), rows) {
        return Ok(output);
    }
    let page = contain_unknown_escapes(page);
    let page = with_tags(plan, &page);
    let arena = Bump::new();
    let mut run = Run::new(plan, context, &page, &arena, rows);
    let reader = run.reader();
    each_alone_with(
        plan.object.body(),
        &page,
        reader,
        |source_index, object| match object {
            Ok(value) => run.step(source_index, value),
            Err(issue) => run.refuse(source_index, issue),
        },
    )?;
    Ok(run.output)
}

/// Moves the tags of the page's object into it, if the table reads them.
fn with_tags<'p>(plan: &Plan<'_>, page: &'p str) -> Cow<'p, str> {
    match plan.object.has_tags_beside_it() && plan.shape.reads("tags") {
        true => tags_inside(page),
        false => Cow::Borrowed(page),
    }
}

fn walk_together(
    plan: &Plan<'_>,
    context: &Context,
    page: &str,
    rows: Option<&[u32]>,
) -> Option<MappedPage> {
    // Values take about half of their text, and growing costs more than room.
    let arena = Bump::with_capacity(page.len() / 2);
    let mut run = Run::new(plan, context, page, &arena, rows);
    let reader = run.reader();
    each_with(plan.object.body(), page, reader, |source_index, value| {
        run.step(source_index, value);
    })
    .ok()?;
    Some(run.output)
}

impl<'b> Run<'b> {
    fn new(
        plan: &'b Plan<'b>,
        context: &'b Context,
        page: &'b str,
        arena: &'b Bump,
        rows: Option<&'b [u32]>,
    ) -> Self {
        let bytes = page.len() as u64;
        let (own, rest) = fixed(plan, context, arena).unwrap_or((&plan.attributes, Vec::new()));
        Self {
            own,
            rest,
            plan,
            context,
            evaluator: Evaluator::new(arena),
            page: match &plan.page {
                Some(shape) => beside(shape, page, arena),
                None => Ok(Value::Null),
            },
            page_steps_left: 10 * OBJECT_STEPS + 2 * bytes / BYTES_PER_STEP,
            object_steps: OBJECT_STEPS + bytes / BYTES_PER_STEP,
            output: MappedPage {
                // A page has hardly more than the members that are read.
                payload: Vec::with_capacity(page.len()),
                ..MappedPage::default()
            },
            record: Vec::with_capacity(own.len() + 1),
            rows,
        }
    }

    const fn reader(&self) -> Reader<'b> {
        Reader {
            shape: &self.plan.shape,
            arena: self.evaluator.arena,
        }
    }

    /// Whether an overlay skips the object, because it has no record.
    fn is_without_record(&self, source_index: u32) -> bool {
        self.rows
            .is_some_and(|rows| rows.binary_search(&source_index).is_err())
    }

    fn step(&mut self, source_index: u32, object: Value<'b>) {
        if object.is_null() || self.is_without_record(source_index) {
            return;
        }
        match self.rows {
            None => self.map(source_index, object),
            Some(_) => self.amend(source_index, object),
        }
    }

    /// Reports an object that cannot be read. An existing record stays as it is.
    fn refuse(&mut self, source_index: u32, issue: Issue) {
        if self.is_without_record(source_index) {
            return;
        }
        let severity = match self.rows {
            None => issue.severity,
            Some(_) => Severity::Warning,
        };
        self.output.issues.push(Issue { severity, ..issue });
    }

    fn map(&mut self, source_index: u32, object: Value<'b>) {
        if let Err(rejection) = self.fill(source_index, object) {
            let body = self.plan.object.body();
            let issue = rejected(body, source_index, rejection);
            self.output.issues.push(issue);
            return;
        }
        self.write(source_index);
    }

    fn amend(&mut self, source_index: u32, object: Value<'b>) {
        if let Err(rejection) = self.fill(source_index, object) {
            let body = self.plan.object.body();
            let mut notes = Notes::new(body, source_index, &mut self.output.issues);
            notes.warn(rejection.code, &rejection.member, rejection.message);
            return;
        }
        if !self.record.is_empty() {
            self.write(source_index);
        }
    }

    fn write(&mut self, source_index: u32) {
        let body = self.plan.object.body();
        let (record, rest) = (&self.record, &self.rest);
        write_attributes(&mut self.output, body, source_index, record, rest);
    }

    /// Makes the record or patch of an object.
    fn fill(&mut self, source_index: u32, object: Value<'b>) -> Result<(), Rejection> {
        self.record.clear();
        let allowed = self.object_steps.min(self.page_steps_left);
        self.evaluator.allow(allowed);
        let filled = self.fill_all(source_index, object);
        self.page_steps_left -= allowed - self.evaluator.steps_left();
        filled
    }

    fn fill_all(&mut self, source_index: u32, object: Value<'b>) -> Result<(), Rejection> {
        let page = self.page.as_ref().map_err(|issue| Rejection {
            code: issue.code,
            member: String::new(),
            message: issue.message.clone(),
        })?;
        let scope = Scope {
            object,
            page: *page,
            context: self.context,
        };
        if let Some(query) = &self.plan.uid {
            let uid = uid(&self.evaluator, query, scope)?;
            self.record.push(("UID", Output::Text(uid)));
        }
        let body = self.plan.object.body();
        let mut notes = Notes::new(body, source_index, &mut self.output.issues);
        for attribute in self.own {
            if let Some(output) = fill(&self.evaluator, attribute, scope, &mut notes)? {
                self.record.push((attribute.name, output));
            }
        }
        Ok(())
    }
}

/// The attributes of a mapping that differ between objects, and the text of those behind them, which are the same
/// in all records of a page.
fn fixed<'b>(
    plan: &'b Plan<'b>,
    context: &'b Context,
    arena: &'b Bump,
) -> Option<(&'b [Attribute<'b>], Vec<u8>)> {
    plan.uid.as_ref()?;
    let is_fixed = |attribute: &Attribute<'_>| {
        let is_given = matches!(attribute.source, Source::Context(_) | Source::Value(_));
        is_given && attribute.when.is_none()
    };
    let own = plan.attributes.iter().rposition(|each| !is_fixed(each));
    let (own, others) = plan.attributes.split_at(own.map_or(0, |last| last + 1));
    let evaluator = Evaluator::new(arena);
    let scope = Scope {
        object: Value::Null,
        page: Value::Null,
        context,
    };
    let (body, mut page, mut record) = (plan.object.body(), MappedPage::default(), Vec::new());
    let mut notes = Notes::new(body, 0, &mut page.issues);
    for attribute in others {
        let output = fill(&evaluator, attribute, scope, &mut notes).ok()??;
        record.push((attribute.name, output));
    }
    write_attributes(&mut page, body, 0, &record, b"");
    let mut rest = page.payload;
    // The comma before them stands where their brace is.
    *rest.first_mut()? = b',';
    rest.pop();
    (rest.len() > 1).then_some((own, rest))
}

/// Reads the members of a page beside the objects.
fn beside<'b>(shape: &'b Shape<'b>, page: &'b str, arena: &'b Bump) -> Result<Value<'b>, Issue> {
    read_tracked(page, Reader { shape, arena })
        .map_err(|(path, error)| wrong_member(0, path, &error))
}
