use super::*;

/// A body whose only container has these members.
fn body(container: &str) -> Bytes {
    Bytes::from(format!(
        r#"{{ "taskDefinition": {{"containerDefinitions":[null, 7, {container} ],"family":"f"}},"tags":[]}}"#
    ))
}

fn text(body: &Bytes) -> &str {
    std::str::from_utf8(body).expect("text")
}

#[test]
fn suspects_stand_beside_the_environment_and_nothing_else_changes() {
    let container = r#"{"name":"a", "environment" :[{"name":"U","value":"db://u:pass@h"},{"name":"V","value":"x"}] }"#;
    let scanned = with_secret_suspects(body(container));
    let expected = r#"{"name":"a","environment":[{"name":"U","value":"db://u:pass@h"},{"name":"V","value":"x"}],"secretSuspects":[{"detector":"url-password","name":"U"}]}"#;
    assert!(scanned.is_whole);
    assert_eq!(
        text(&scanned.body),
        text(&body(expected)).replace(
            "\"detector\":\"url-password\",\"name\":\"U\"",
            "\"name\":\"U\",\"detector\":\"url-password\""
        )
    );
    let plain = body(r#"{ "environment" :[{"name":"V","value":"x"}, null] }"#);
    let scanned = with_secret_suspects(plain.clone());
    assert_eq!((scanned.body, scanned.is_whole), (plain, true));
}

#[test]
fn what_the_server_sends_as_suspects_is_removed() {
    let evil =
        r#"{"secretSuspects":[{"name":"X","detector":"d"}],"name":"a","secret\u0053uspects":1}"#;
    let clean = r#"{"name":"a"}"#;
    assert_eq!(without_secret_suspects(body(evil)), body(clean));
    assert_eq!(with_secret_suspects(body(evil)).body, body(clean));
    let other = body(r#"{"name":"\u0041"}"#);
    assert_eq!(without_secret_suspects(other.clone()), other);
}

#[test]
fn what_is_not_scanned_is_told() {
    let long = "x".repeat(VALUE_LIMIT_BYTES + 1);
    let of = |value: &str| format!(r#"{{"environment":[{{"name":"A","value":{value}}}]}}"#);
    for (container, is_whole) in [
        (of("1"), true),
        (of("null"), true),
        (r#"{"environment":null}"#.into(), true),
        (of("[1]"), false),
        (of(r#""\ud800""#), false),
        (r#"{"environment":{"A":"b"}}"#.into(), false),
        (r#"{"environment":["A=b"]}"#.into(), false),
        (of(&format!("\"{long}\"")), false),
    ] {
        let scanned = with_secret_suspects(body(&container));
        assert_eq!(scanned.is_whole, is_whole, "{container:.80}");
    }
    // Many values of a legal length, more than any definition has.
    let value = format!(r#"{{"name":"A","value":"{}"}},"#, &long[..60_000]);
    let many = format!(r#"{{"environment":[{}null]}}"#, value.repeat(20));
    assert!(!with_secret_suspects(body(&many)).is_whole);
    assert!(!with_secret_suspects(Bytes::from_static(b"{")).is_whole);
}

#[test]
fn a_variable_without_a_name_is_named_by_its_position() {
    let container = r#"{"Environment":[null,{"value":"db://u:pass@h"}]}"#;
    let scanned = with_secret_suspects(body(container));
    assert!(text(&scanned.body).contains(r##""name":"#1""##));
}
