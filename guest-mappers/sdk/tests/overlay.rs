//! An overlay gets the object and its record, and returns a patch.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use portolan_mapper_sdk::testing::{amend, context};
use portolan_mapper_sdk::{
    Body, Context, Kind, List, Manifest, Map, MappedPage, Mapping, Notes, Overlay, PageError,
    Rejection, Row, Severity, Tag, Tags, Text, Value, amend_page, json, text,
};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task<'a> {
    #[serde(borrow)]
    task_arn: Option<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Record<'s> {
    uid: &'s str,
}

struct Tasks;

impl Mapping for Tasks {
    const OBJECT: &'static str = "EcsTask";
    const BODY: Body = Body::List("tasks");
    type Source<'a> = Task<'a>;
    type Record<'s> = Record<'s>;

    fn map<'s, 'a: 's>(
        task: &'s Task<'a>,
        _: &'s Context,
        _: &mut Notes<'_>,
    ) -> Result<Record<'s>, Rejection> {
        text(&task.task_arn)
            .map(|uid| Record { uid })
            .ok_or_else(|| Rejection::no_arn("taskArn"))
    }
}

#[derive(Deserialize)]
struct Grouped<'a> {
    #[serde(borrow)]
    group: Option<Text<'a>>,
}

struct Team;

impl Overlay for Team {
    const OBJECT: &'static str = "EcsTask";
    const BODY: Body = Body::List("tasks");
    const CAPABILITIES: &'static [&'static str] = &["environment-values"];
    type Source<'a> = Grouped<'a>;
    type Patch<'s> = Map<String, Value>;

    fn amend<'s, 'a: 's>(
        task: &'s Grouped<'a>,
        record: &'s Map<String, Value>,
        context: &Context,
        _: &mut Notes<'_>,
    ) -> Result<Option<Map<String, Value>>, Rejection> {
        let Some(group) = text(&task.group) else {
            return Ok(None);
        };
        if group.is_empty() {
            let message = "the group is empty".to_owned();
            return Err(Rejection {
                code: "no-group",
                member: "group".to_owned(),
                message,
            });
        }
        let settings: Value = context.settings()?;
        let team = json!([group, record["UID"], settings]);
        Ok(Some(Map::from_iter([("TEAM".to_owned(), team)])))
    }
}

#[test]
fn patches_carry_the_position_of_their_object() {
    let page = r#"{"tasks":[{"taskArn":"a"},null,{"group":"lost"},{"taskArn":"b","group":"g"}]}"#;
    let outcome = amend::<Tasks, Team>(page).unwrap();
    assert_eq!(outcome.records, [(3, json!({ "TEAM": ["g", "b", {}] }))]);
    assert_eq!(outcome.issues, []);
}

#[test]
fn an_object_that_cannot_be_judged_keeps_its_record() {
    let page = r#"{"tasks":[{"taskArn":"a","group":5},{"taskArn":"b","group":""},{"taskArn":"c","group":"g"}]}"#;
    let outcome = amend::<Tasks, Team>(page).unwrap();
    assert_eq!(outcome.records.len(), 1);
    let found: Vec<_> = outcome
        .issues
        .iter()
        .map(|issue| (issue.severity, issue.code, issue.path.as_str()))
        .collect();
    let expected = [
        (Severity::Warning, "wrong-type", "tasks[0].group"),
        (Severity::Warning, "no-group", "tasks[1].group"),
    ];
    assert_eq!(found, expected);
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Revision<'a> {
    #[serde(borrow)]
    family: Option<Text<'a>>,
    tags: List<Tag<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Owner<'s> {
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'s str>,
    owner: &'s str,
}

struct Owners;

impl Overlay for Owners {
    const OBJECT: &'static str = "EcsTaskDefinition";
    const BODY: Body = Body::One("taskDefinition");
    const READS_RECORDS: bool = false;
    type Source<'a> = Revision<'a>;
    type Patch<'s> = Owner<'s>;

    fn amend<'s, 'a: 's>(
        revision: &'s Revision<'a>,
        _: &'s Map<String, Value>,
        _: &'s Context,
        _: &mut Notes<'_>,
    ) -> Result<Option<Owner<'s>>, Rejection> {
        let owner = Tags::collect(&revision.tags).and_then(|tags| tags.get("owner"));
        let family = text(&revision.family);
        Ok(owner.map(|owner| Owner { family, owner }))
    }
}

/// The patches and issues that an overlay makes of a page of task definitions.
fn owned(page: &str) -> (Vec<Value>, Vec<String>) {
    let row = Row {
        source_index: 0,
        offset: 0,
        length: 2,
    };
    let mapped = MappedPage {
        payload: b"{}".to_vec(),
        rows: vec![row],
        issues: Vec::new(),
    };
    let context = context("EcsTaskDefinition");
    let answer = amend_page::<Owners>(&context, page.as_bytes(), &mapped).unwrap();
    let patches = answer.rows.iter();
    let patches = patches.map(|row| serde_json::from_slice(answer.record(row)).unwrap());
    let issues = answer.issues.iter().map(|issue| issue.path.clone());
    (patches.collect(), issues.collect())
}

/// The second pass, object by object, is for pages with an invalid object.
#[test]
fn tags_beside_an_object_are_read_on_both_ways_through_a_page() {
    let owner = r#""tags":[{"key":"owner","value":"us"}]"#;
    let cases = [
        (r#"{"family":"f"}"#, json!([{"FAMILY": "f", "OWNER": "us"}])),
        (r#"{"other":"\q"}"#, json!([{"OWNER": "us"}])),
        (r#"{"tags":"\q"}"#, json!([{"OWNER": "us"}])),
    ];
    for (definition, expected) in cases {
        let page = format!(r#"{{"taskDefinition":{definition},{owner}}}"#);
        assert_eq!(
            owned(&page),
            (expected.as_array().unwrap().clone(), Vec::new())
        );
    }
    let page = format!(r#"{{{owner},"taskDefinition":{{"family":7}}}}"#);
    let path = "taskDefinition.family".to_owned();
    assert_eq!(owned(&page), (Vec::new(), vec![path]));
    let page = r#"{"taskDefinition":{},"tags":[{"key":7}]}"#;
    let path = "taskDefinition.tags[0].key".to_owned();
    assert_eq!(owned(page), (Vec::new(), vec![path]));
}

#[test]
fn a_row_outside_the_payload_is_an_error() {
    let row = Row {
        source_index: 0,
        offset: 5,
        length: u32::MAX,
    };
    let mapped = MappedPage {
        payload: b"{}".to_vec(),
        rows: vec![row],
        issues: Vec::new(),
    };
    let error = amend_page::<Team>(&context("EcsTask"), br#"{"tasks":[{}]}"#, &mapped).unwrap_err();
    assert!(matches!(error, PageError::Internal(_)), "{error:?}");
}

#[test]
fn the_manifest_tells_what_it_asks_for() {
    let manifest = Manifest::of_overlay::<Team>("team", "1.2.3");
    assert_eq!(
        (manifest.kind, manifest.capabilities),
        (Kind::Overlay, vec!["environment-values".to_owned()])
    );
}
