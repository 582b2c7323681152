use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::body::{each, each_alone};
use crate::escapes::contain_unknown_escapes;
use crate::mapping::{check_page, rejected, write_row};
use crate::{Body, Control, MappedPage, Object, PageError, Rejection, Verdicts, With, context};

/// The member of a batch that holds the subjects.
pub const SUBJECTS: Body = Body::List("subjects");

/// A module that judges records.
pub trait Assessing {
    /// The connector object of the subjects, for example `EcsTaskDefinition`.
    const SUBJECT: &'static str;
    /// The records that go with each subject.
    const WITH: &'static [With] = &[];
    /// The questions that the module answers.
    const CONTROLS: &'static [Control];

    /// The attributes to read of a subject. If this is a struct without flattened members, the host leaves out
    /// all other attributes.
    type Subject<'a>: Deserialize<'a>;
    /// The records to read beside it: a struct with a field for each name of [`Assessing::WITH`], a
    /// [`crate::List`] where there may be several, else an [`Option`].
    type Related<'a>: Deserialize<'a>;

    /// Gives a verdict for each control.
    ///
    /// # Errors
    ///
    /// Fails if the subject cannot be judged at all; the host makes all its verdicts NOT_EVALUATED, with this
    /// reason.
    fn assess<'s, 'a: 's>(
        element: &'s Element<Self::Subject<'a>, Self::Related<'a>>,
        context: &'s BatchContext,
        verdicts: &mut Verdicts,
    ) -> Result<(), Rejection>;

    /// The JSON Schema of the module's settings; null if it has none.
    #[must_use]
    fn settings() -> Value {
        Value::Null
    }
}

/// An element of a batch: a subject, the records that go with it, and how complete these are.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de>, R: Deserialize<'de>"))]
pub struct Element<S, R> {
    subject: Object<S>,
    related: Object<R>,
    complete: BTreeMap<String, bool>,
    #[serde(default)]
    truncated: Vec<String>,
    #[serde(default)]
    since: BTreeMap<String, String>,
}

impl<S, R> Element<S, R> {
    /// The subject.
    #[must_use]
    pub const fn subject(&self) -> &S {
        &self.subject.0
    }

    /// The records that go with it.
    #[must_use]
    pub const fn related(&self) -> &R {
        &self.related.0
    }

    /// Whether all records that belong under a name are known and here.
    #[must_use]
    pub fn is_complete(&self, name: &str) -> bool {
        self.complete.get(name) == Some(&true) && !self.truncated.iter().any(|each| each == name)
    }

    /// The moment from which on the sync asked for all audit events that belong under a name, in the format of
    /// records; `None` if that is not known. Whether it got all of them is another question:
    /// [`Element::is_complete`]. [`With::only`] of the name must have their EVENT_NAME.
    #[must_use]
    pub fn since(&self, name: &str) -> Option<&str> {
        self.since.get(name).map(String::as_str)
    }
}

/// The origin of a batch and the module's settings: an assessor's only input besides the batch.
#[derive(Clone, Debug)]
pub struct BatchContext {
    /// The connector object of the subjects, for example `EcsTaskDefinition`.
    pub subject: String,
    /// The timestamp of the sync whose records these are, `YYYY-MM-DDTHH:MM:SS.mmmZ`.
    pub captured_at: String,
    /// The module's own settings as JSON; `{}` if it has none.
    pub config: String,
}

impl BatchContext {
    /// Reads the module's settings into a type.
    ///
    /// # Errors
    ///
    /// As [`crate::Context::settings`].
    pub fn settings<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Rejection> {
        context::settings(&self.config)
    }
}

/// Judges a batch. The sandbox and tests run this function. A row of the result holds the verdicts of one
/// subject.
///
/// # Errors
///
/// Fails if the module does not judge the context's object, or if the input is not a batch. A single subject that
/// cannot be read becomes an issue of the result instead.
pub fn assess_batch<A: Assessing>(
    context: &BatchContext,
    batch: &[u8],
) -> Result<MappedPage, PageError> {
    type Read<'a, A> = Element<<A as Assessing>::Subject<'a>, <A as Assessing>::Related<'a>>;
    let batch = check_page(A::SUBJECT, &context.subject, batch)?;
    let mut output = MappedPage::default();
    let in_one_pass = each(SUBJECTS, batch, |index, element: Read<'_, A>| {
        judge::<A>(context, index, &element, &mut output);
    });
    if in_one_pass.is_ok() {
        return Ok(output);
    }
    output = MappedPage::default();
    let contained = contain_unknown_escapes(batch);
    each_alone(
        SUBJECTS,
        &contained,
        |index, element: Result<Read<'_, A>, _>| match element {
            Ok(element) => judge::<A>(context, index, &element, &mut output),
            Err(issue) => output.issues.push(issue),
        },
    )?;
    Ok(output)
}

fn judge<'a, A: Assessing>(
    context: &BatchContext,
    index: u32,
    element: &Element<A::Subject<'a>, A::Related<'a>>,
    output: &mut MappedPage,
) {
    let mut verdicts = Verdicts::default();
    match A::assess(element, context, &mut verdicts) {
        Ok(()) => write_row(output, SUBJECTS, index, &verdicts),
        Err(rejection) => output.issues.push(rejected(SUBJECTS, index, rejection)),
    }
}
