//! Tests of reading lines that other programs wrote.

use serde_json::json;

use super::*;

const BODY: &str = r#"{"clusters":[{"clusterArn":"a"}]}"#;

fn line() -> serde_json::Value {
    json!({
        "operation": "DescribeClusters",
        "context": {"account_id": "123456789012", "region": "cn-north-1", "sync_timestamp": "2026-11-21T01:32:00Z"},
        "body": BODY,
    })
}

/// The numbers of the lines that are pages, and of the other lines.
fn read(recording: &[u8]) -> (Vec<u64>, Vec<u64>) {
    let (mut pages, mut others) = (Vec::new(), Vec::new());
    for each in Pages::new(recording) {
        match each.expect("readable") {
            (number, Ok(page)) => {
                assert_eq!(page.text(), BODY);
                pages.push(number);
            }
            (number, Err(_)) => others.push(number),
        }
    }
    (pages, others)
}

#[test]
fn a_line_becomes_a_page() {
    let page = read_line(line().to_string().as_bytes()).expect("a page");
    assert_eq!(page.object, Object::EcsCluster);
    assert_eq!(page.origin.partition, "aws-cn");
    assert_eq!(page.origin.captured_at, "2026-11-21T01:32:00.000Z");
    assert_eq!(page.arn(0).as_deref(), Some("a"));
}

#[test]
fn lines_end_in_either_way_and_the_last_may_be_empty() {
    let line = line();
    for (recording, pages, others) in [
        (format!("{line}\n{line}"), vec![1, 2], vec![]),
        (format!("{line}\r\n{line}\r\n"), vec![1, 2], vec![]),
        (format!("{line}\n\n"), vec![1], vec![]),
        (format!("{line}\r\n\r\n"), vec![1], vec![]),
        (format!("{line}\n\n{line}\n"), vec![1, 3], vec![2]),
        (String::new(), vec![], vec![]),
    ] {
        assert_eq!(read(recording.as_bytes()), (pages, others), "{recording:?}");
    }
    let mut broken = b"{\"operation\":\"\xff\"}\n".to_vec();
    broken.extend(line.to_string().bytes());
    assert_eq!(read(&broken), (vec![2], vec![1]));
}

#[test]
fn other_members_may_hold_anything() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for member in ["1E400", r#""\ud800""#, &deep, "[null,{\"body\":1}]"] {
        let text = line().to_string();
        let with_member = format!("{{\"x\":{member},{}", &text[1..]);
        assert!(read_line(with_member.as_bytes()).is_ok());
        let in_context = text.replace("\"region\"", &format!("\"x\":{member},\"region\""));
        assert!(read_line(in_context.as_bytes()).is_ok());
    }
}

#[test]
fn what_is_missing_is_named() {
    for (pointer, name) in [
        ("/operation", "`operation`"),
        ("/context", "`context`"),
        ("/context/account_id", "`context.account_id`"),
        ("/context/region", "`context.region`"),
        ("/context/sync_timestamp", "`context.sync_timestamp`"),
        ("/body", "`body`"),
    ] {
        for other in [json!(null), json!(5), json!([]), json!([{"clusters": []}])] {
            let mut line = line();
            *line.pointer_mut(pointer).expect("a member") = other;
            let reason = read_line(line.to_string().as_bytes()).expect_err("no page");
            assert!(reason.contains(name), "{reason}");
        }
    }
    for text in ["7", "null", "\"x\""] {
        assert_eq!(
            read_line(text.as_bytes()).expect_err("no page"),
            "it is not a JSON object"
        );
    }
    let reason = read_line(b"{\"operation\"").expect_err("no page");
    assert_eq!(reason, "it is not JSON (at byte 12)");
}

#[test]
fn only_operations_that_describe_are_pages() {
    for operation in ["ListTasks", "describeTasks", "DescribeDaemon", ""] {
        let mut line = line();
        line["operation"] = operation.into();
        let reason = read_line(line.to_string().as_bytes()).expect_err("no page");
        assert!(
            reason.contains("is not an operation whose pages are mapped"),
            "{reason}"
        );
    }
}
