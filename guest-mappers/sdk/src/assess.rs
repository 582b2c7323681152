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
/// Fails if the module does not judge the context's object, or if this is no batch. A single subject that
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ControlSeverity, List, Manifest, Need, Text, Verdict, items};

    #[derive(Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    struct Service<'a> {
        #[serde(borrow)]
        uid: Text<'a>,
        exec_enabled: Option<bool>,
    }

    #[derive(Deserialize)]
    struct Related<'a> {
        #[serde(borrow)]
        tasks: List<Service<'a>>,
    }

    struct Assessor;

    impl Assessing for Assessor {
        const SUBJECT: &'static str = "EcsService";
        const WITH: &'static [With] = &[With {
            name: "tasks",
            object: "EcsTask",
            by: &[("SERVICE_ARN", &["SERVICE_ARN"])],
            many: true,
            ..With::NEW
        }];
        const CONTROLS: &'static [Control] = &[Control {
            id: "A.1",
            title: "No shell",
            severity: ControlSeverity::High,
            reads: &[("tasks", Need::WhenNeeded)],
            ..Control::NEW
        }];

        type Subject<'a> = Service<'a>;
        type Related<'a> = Related<'a>;

        fn assess<'s, 'a: 's>(
            element: &'s Element<Service<'a>, Related<'a>>,
            _: &'s BatchContext,
            verdicts: &mut Verdicts,
        ) -> Result<(), Rejection> {
            let mut all = items(&element.related().tasks).chain([element.subject()]);
            verdicts.push(match all.find(|each| each.exec_enabled == Some(true)) {
                Some(each) => Verdict::fail("A.1").evidence(&each.uid, "EXEC_ENABLED"),
                None if element.is_complete("tasks") => Verdict::pass("A.1"),
                None => Verdict::not_evaluated("A.1", "The tasks were not read."),
            });
            Ok(())
        }
    }

    fn assess(batch: &str) -> MappedPage {
        let context = BatchContext {
            subject: "EcsService".into(),
            captured_at: String::new(),
            config: "{}".into(),
        };
        assess_batch::<Assessor>(&context, batch.as_bytes()).expect("a batch")
    }

    #[test]
    fn a_subject_of_a_wrong_type_costs_only_itself() {
        let element = |subject: &str, complete: &str| {
            format!(
                r#"{{"subject":{subject},"related":{{"tasks":[]}},"complete":{{"tasks":{complete}}},"truncated":[]}}"#
            )
        };
        let batch = format!(
            r#"{{"subjects":[{},{},null,{},{}]}}"#,
            element(r#"{"UID":"a","EXEC_ENABLED":true}"#, "true"),
            element(r#"{"UID":7}"#, "true"),
            element(r#"{"UID":"b"}"#, "true"),
            element(r#"{"UID":"c"}"#, "false"),
        );
        let output = assess(&batch);
        let text = |place: usize| std::str::from_utf8(output.record(&output.rows[place])).unwrap();
        assert_eq!(
            text(0),
            r#"{"verdicts":[{"control":"A.1","result":"FAIL","evidence":[{"uid":"a","attribute":"EXEC_ENABLED"}]}]}"#
        );
        assert!(text(1).contains(r#""PASS""#) && text(2).contains("NOT_EVALUATED"));
        let [issue] = &output.issues[..] else {
            panic!("one issue")
        };
        assert_eq!(issue.path, "subjects[1].subject.UID");
    }

    #[test]
    fn a_manifest_names_what_is_read() {
        let manifest = Manifest::of_assessor::<Assessor>("acme", "1.0.0");
        let reads = manifest.reads.expect("named").members.expect("a struct");
        assert_eq!(
            reads,
            [
                "subject.UID",
                "subject.EXEC_ENABLED",
                "related.tasks.UID",
                "related.tasks.EXEC_ENABLED",
                "complete",
                "truncated"
            ]
        );
        assert_eq!(
            manifest.with["tasks"]["by"]["SERVICE_ARN"][0],
            "SERVICE_ARN"
        );
        assert_eq!(manifest.controls[0]["reads"]["tasks"], "when-needed");
    }
}
