use super::*;

fn origin() -> Origin {
    Origin {
        partition: "aws".into(),
        account_id: "123456789012".into(),
        region: "us-west-2".into(),
        captured_at: "2026-11-21T01:32:00.123Z".into(),
    }
}

fn tasks(body: &'static str) -> Page {
    Page::read(
        Object::EcsTask,
        origin(),
        Bytes::from_static(body.as_bytes()),
    )
    .expect("a page")
}

#[test]
fn objects_are_counted_and_named() {
    let page = tasks(r#"{"tasks":[{"taskArn":"a","x":[1]},null,{"cpu":"1"}],"failures":[]}"#);
    assert_eq!(page.len(), 3);
    assert_eq!(page.described().collect::<Vec<_>>(), [0, 2]);
    assert_eq!(page.arn(0).as_deref(), Some("a"));
    assert_eq!(page.arn(2), None);
    assert_eq!(page.failures(), b"[]");
    let page = tasks(
        r#"{"failures":[{"arn":"z","x":{"y":[]}}],"tasks":[{"a":{"taskArn":"b"},"taskArn":"a"},[{"taskArn":"b"}]]}"#,
    );
    assert_eq!(page.failures(), br#"[{"arn":"z","x":{"y":[]}}]"#);
    assert_eq!(
        [page.arn(0).as_deref(), page.arn(1).as_deref()],
        [Some("a"), None]
    );
    let page = tasks(r#"{"tasks":[{"\u0074askArn":"a"},{"taskArn":"b","\n":1,"\ud800":2}]}"#);
    assert_eq!(
        [page.arn(0).as_deref(), page.arn(1).as_deref()],
        [Some("a"), Some("b")]
    );
}

#[test]
fn a_part_keeps_places_and_nulls() {
    let page = tasks(
        r#"{"tasks":[{"taskArn":"a","environment":[{"name":"K","value":"secret"}]},null,{"taskArn":"c"}]}"#,
    );
    let part = page.part(1..3);
    assert_eq!(part.text(), r#"{"tasks":[null,{"taskArn":"c"}]}"#);
    assert_eq!(part.arn(1).as_deref(), Some("c"));
    assert_eq!(
        page.part(0..1).text(),
        r#"{"tasks":[{"taskArn":"a","environment":[{"name":"K","value":""}]}]}"#
    );
}

#[test]
fn a_batch_has_subjects_in_place_of_objects_and_withholds_nothing() {
    let body = r#"{"subjects":[{"subject":{"UID":"a","environment":[{"value":"v"}]},"complete":{}},null]}"#;
    let raw = Bytes::from_static(body.as_bytes());
    let batch = Page::batch(Object::EcsTaskDefinition, origin(), raw).expect("a batch");
    assert_eq!((batch.len(), batch.arn(0)), (2, None));
    assert_eq!(batch.text(), body);
    assert_eq!(batch.part(1..2).text(), r#"{"subjects":[null]}"#);
    let wanted = Wanted::at_paths(["subject.UID"]);
    let trimmed = batch.part(0..1).body_with(&wanted).into_owned();
    assert_eq!(trimmed, br#"{"subjects":[{"subject":{"UID":"a"}}]}"#);
}

#[test]
fn values_are_kept_beside_the_page_and_nowhere_in_it() {
    let body = Bytes::from_static(
        br#"{"tasks":[{"taskArn":"a","environment":[{"name":"K","value":"CANARY"}]},null,{"taskArn":"c","environment":[{"name":"K","value":"CANARY"}]}]}"#,
    );
    let page = Page::read_with_values(Object::EcsTask, origin(), body.clone()).expect("a page");
    let part = page.part(1..3);
    for page in [&page, &part] {
        assert!(!page.text().contains("CANARY"));
        assert!(!format!("{page:?}").contains("CANARY"));
    }
    assert_eq!(page.body_with_values(), body);
    let kept = std::str::from_utf8(part.body_with_values()).expect("text");
    assert_eq!(
        kept,
        r#"{"tasks":[null,{"taskArn":"c","environment":[{"name":"K","value":"CANARY"}]}]}"#
    );
    let page = Page::read(Object::EcsTask, origin(), body).expect("a page");
    assert_eq!(page.body_with_values(), page.body());
}

#[test]
fn a_single_object_counts_as_one() {
    let body = Bytes::from_static(br#"{"taskDefinition":{"family":"f"},"tags":[]}"#);
    let page = Page::read(Object::EcsTaskDefinition, origin(), body).expect("a page");
    assert_eq!(page.len(), 1);
    let body = Bytes::from_static(br#"{"taskDefinition":null}"#);
    let page = Page::read(Object::EcsTaskDefinition, origin(), body).expect("a page");
    assert_eq!(page.described().count(), 0);
}
