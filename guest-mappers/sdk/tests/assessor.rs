//! An assessor in Rust: its verdicts and its manifest.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_sdk::{
    Assessing, BatchContext, Control, ControlSeverity, Element, List, Manifest, MappedPage, Need,
    Rejection, Text, Verdict, Verdicts, With, assess_batch, items,
};
use serde::Deserialize;

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
            "truncated",
            "since"
        ]
    );
    assert_eq!(
        manifest.with["tasks"]["by"]["SERVICE_ARN"][0],
        "SERVICE_ARN"
    );
    assert_eq!(manifest.controls[0]["reads"]["tasks"], "when-needed");
}
