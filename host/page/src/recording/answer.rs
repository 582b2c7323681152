//! The output of `aws ecs describe-…`: the answer alone, often indented, with times in the CLI's format.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::body::{Origin, Page};
use crate::object::{Object, Shape};
use portolan_machine::text::printable;

/// The message for a list in place of a page.
pub(super) const LIST: &str = "it is a list, as `aws … --query` prints it; give the whole answer of a command such as `aws ecs describe-tasks`, or pages of `portolan sync --record`";

/// Members that hold names and texts of the user's choice.
const TEXT_MAPS: [&str; 4] = ["dockerLabels", "driverOpts", "labels", "options"];

/// Refuses the AWS CLI's `text`, `table` and `yaml` output as a whole: none of its many lines is a page.
pub(super) fn refuse_other_output(beginning: &[u8]) -> std::io::Result<()> {
    match beginning.first() {
        Some(first) if first.is_ascii_alphabetic() || *first == b'-' => Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "it holds neither pages of `portolan sync --record` nor output of `aws ecs describe-… --output json`",
        )),
        _ => Ok(()),
    }
}

/// Makes a page of an answer. The account and Region are those of the first ARN. The capture time is now,
/// because the answer does not contain one.
pub(super) fn read(text: &[u8], members: &HashMap<String, &RawValue>) -> Result<Page, String> {
    let fetched = Object::ALL.into_iter().filter(|it| it.fetched() == *it);
    let object = fetched.into_iter().find(|object| {
        let (Shape::List(member) | Shape::Single(member)) = object.shape();
        members.contains_key(member)
    });
    if let Some(object) = object {
        return page(object, text);
    }
    Err(match members.keys().find(|name| name.ends_with("Arns")) {
        Some(list) => format!(
            "it only lists ARNs (`{}`); give the answer of the matching `aws ecs describe-…`, or pages of `portolan sync --record`",
            printable(list, 64)
        ),
        None => "it has no text `operation` as pages of `portolan sync --record` have, and does not describe objects as `aws ecs describe-…` does".to_owned(),
    })
}

fn page(object: Object, text: &[u8]) -> Result<Page, String> {
    let mut answer: Value = serde_json::from_slice(text)
        .map_err(|error| format!("it is not JSON (line {} of it)", error.line()))?;
    let first = match object.shape() {
        Shape::List(member) => &answer[member][0],
        Shape::Single(member) => &answer[member],
    };
    let arn = first[object.arn_member()]
        .as_str()
        .or(answer["failures"][0]["arn"].as_str());
    // An answer without objects gives no records, so its account does not matter.
    let nothing = "arn:aws:ecs:us-east-1:000000000000:";
    let is_empty = matches!(object.shape(), Shape::List(member) if answer[member].as_array().is_some_and(Vec::is_empty));
    let arn = arn.or_else(|| is_empty.then_some(nothing));
    let parts: Vec<&str> = arn.unwrap_or_default().splitn(6, ':').collect();
    let ["arn", partition, "ecs", region, account_id, _] = parts[..] else {
        if object == Object::EcsAccountSetting {
            return Err("account settings do not name their account and Region; give pages of `portolan sync --record`".into());
        }
        return Err(format!(
            "it has no `{}`, which names the account and Region",
            object.arn_member()
        ));
    };
    for failure in answer["failures"].as_array().into_iter().flatten() {
        let shown = |name: &str| printable(failure[name].as_str().unwrap_or("unknown"), 256);
        tracing::warn!(
            "the answer does not describe {} (reason: {})",
            shown("arn"),
            shown("reason")
        );
    }
    let origin = Origin {
        partition: partition.to_owned(),
        account_id: account_id.into(),
        region: region.into(),
        captured_at: portolan_machine::clock::now(),
    };
    times(&mut answer);
    let body = serde_json::to_vec(&answer).map_err(|error| error.to_string())?;
    Page::read(object, origin, Bytes::from(body)).map_err(|error| error.to_string())
}

/// Converts times that are written as text to seconds, as the API sends them. The names of all ECS members
/// that hold a time end in `At`. Only maps of texts have names of the user's choice.
fn times(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(times),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name.ends_with("At") => {
                        *value = seconds(text).unwrap_or_else(|| value.take());
                    }
                    _ if TEXT_MAPS.contains(&name.as_str()) => {}
                    _ => times(value),
                }
            }
        }
        _ => {}
    }
}

/// The same time in seconds. The CLI writes microseconds, which a double can represent.
fn seconds(text: &str) -> Option<Value> {
    let time = OffsetDateTime::parse(&text.replacen(' ', "T", 1), &Rfc3339).ok()?;
    let microseconds = time.unix_timestamp_nanos() / 1_000;
    let (whole, part) = (microseconds / 1_000_000, microseconds % 1_000_000);
    match part {
        0 => i64::try_from(whole).ok().map(Value::from),
        1.. => serde_json::from_str(&format!("{whole}.{part:06}")).ok(),
        // Before 1970, when ECS did not exist.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::{Pages, read_line};

    const TASKS: &str = r#"{
    "tasks": [
        {
            "taskArn": "arn:aws-cn:ecs:cn-north-1:111122223333:task/app/1",
            "createdAt": "2026-08-01T18:00:00.123000+02:00",
            "startedAt": "2026-08-01 16:00:30+00:00",
            "stoppedAt": 1785600000.5,
            "containers": [{"dockerLabels": {"builtAt": "2026-08-01T16:00:00Z"}}],
            "overrides": {"containerOverrides": [{"environment": [{"name": "K", "value": "CANARY"}]}]}
        }
    ],
    "failures": []
}
"#;

    #[test]
    fn an_answer_is_a_page_with_the_times_of_the_api() {
        let compact: String = TASKS.lines().map(str::trim).collect();
        let marked = format!("\u{feff}{}", TASKS.replace('\n', "\r\n"));
        let twice = format!("{TASKS}{TASKS}");
        for (text, numbers) in [(&*twice, &[1, 14][..]), (&compact, &[1]), (&marked, &[1])] {
            let pages = Pages::new(text.as_bytes()).map(|read| read.expect("readable"));
            let (found, mut pages): (Vec<_>, Vec<_>) = pages.unzip();
            assert_eq!(found, numbers);
            let page = pages.pop().expect("one").expect("a page");
            let Origin {
                partition,
                account_id,
                region,
                ..
            } = &page.origin;
            assert_eq!(
                [partition.as_str(), account_id, region],
                ["aws-cn", "111122223333", "cn-north-1"]
            );
            let body: Value = serde_json::from_str(page.text()).expect("JSON");
            let task = &body["tasks"][0];
            assert_eq!(task["createdAt"].to_string(), "1785600000.123");
            assert_eq!(task["startedAt"].to_string(), "1785600030");
            assert_eq!(task["stoppedAt"].to_string(), "1785600000.5");
            assert!(task["containers"][0]["dockerLabels"]["builtAt"].is_string());
            assert!(!page.text().contains("CANARY"));
        }
    }

    #[test]
    fn other_output_is_refused_once() {
        for text in [
            "tasks:\n- cpu: 1\n",
            "TASKS\tx\n",
            "------\n|x|\n",
            "null\n",
            "{\0\n\0",
        ] {
            let mut pages = Pages::new(text.as_bytes());
            assert!(pages.next().expect("something").is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_answer_to_describe_is_told_with_the_way_out() {
        for (text, says) in [
            ("[{\"taskArn\": \"a\"}]", "--query"),
            ("{\"taskArns\": []}", "sync --record"),
            ("{\"tasks\": [{}], \"failures\": []}", "it has no `taskArn`"),
            ("{\"Reservations\": []}", "it has no text `operation`"),
            ("[]", "--query"),
            ("{\"clusters\": {\"x", "it is not JSON"),
        ] {
            let reason = read_line(text.as_bytes()).expect_err("no page");
            assert!(reason.contains(says), "{reason}");
        }
        // An answer without objects is an empty page.
        let nothing = read_line(b"{\"tasks\": [], \"failures\": []}");
        assert_eq!(nothing.expect("a page").len(), 0);
    }
}
