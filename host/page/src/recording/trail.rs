//! Files that a CloudTrail trail delivers (`{"Records":[…]}`), answers of `aws cloudtrail lookup-events`, and single
//! events, as pages of audit events.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::partition_of;
use crate::body::{Origin, Page};
use crate::object::Object;

/// The most events of one page.
const PAGE_EVENTS: usize = 100;

type Members<'t> = HashMap<String, &'t RawValue>;

/// The events of a line, as CloudTrail recorded them; `None` if it holds something else.
pub(super) fn events(line: &str, members: &Members<'_>) -> Option<Vec<Box<RawValue>>> {
    if let Some(records) = members.get("Records") {
        return serde_json::from_str(records.get()).ok();
    }
    if let Some(events) = members
        .get("Events")
        .filter(|_| !members.contains_key("operation"))
    {
        let events: Vec<Members<'_>> = serde_json::from_str(events.get()).ok()?;
        let inner = events.iter().map(|event| {
            let text = event.get("CloudTrailEvent")?.get();
            let folded: Option<String> = serde_json::from_str(text).ok();
            serde_json::from_str(folded.as_deref().unwrap_or(text)).ok()
        });
        // An event that cannot be read is told by itself.
        let nothing = || RawValue::from_string("null".to_owned()).ok();
        return inner.map(|event| event.or_else(nothing)).collect();
    }
    let is_event = members.contains_key("eventVersion") && members.contains_key("eventName");
    is_event
        .then(|| serde_json::from_str(line).ok().map(|event| vec![event]))
        .flatten()
}

/// Makes pages of events. The account and Region are those that the events name, and the capture time is that of
/// the newest event, because the file has none of its own.
pub(super) fn pages(events: &[Box<RawValue>]) -> Vec<Result<Page, String>> {
    let heads: Vec<Members<'_>> = events
        .iter()
        .map(|event| serde_json::from_str(event.get()).unwrap_or_default())
        .collect();
    let text = |head: &Members<'_>, name: &str| -> Option<String> {
        serde_json::from_str(head.get(name)?.get()).ok()
    };
    let times = heads.iter().filter_map(|head| text(head, "eventTime"));
    let newest = times
        .filter_map(|time| portolan_machine::clock::normalised(&time))
        .max();
    let captured_at = newest.unwrap_or_else(portolan_machine::clock::now);
    let places: Vec<Option<(String, String)>> = heads
        .iter()
        .map(|head| text(head, "recipientAccountId").zip(text(head, "awsRegion")))
        .collect();
    let mut pages = Vec::new();
    let mut start = 0;
    while start < events.len() {
        let same = places[start..].iter().take(PAGE_EVENTS);
        let count = same.take_while(|place| **place == places[start]).count();
        let bodies = (start..start + count).map(|index| outer(&heads[index], &events[index]));
        let body = format!("{{\"Events\":[{}]}}", bodies.collect::<Vec<_>>().join(","));
        pages.push(match &places[start] {
            Some((account_id, region)) => {
                let origin = Origin {
                    partition: partition_of(region).to_owned(),
                    account_id: account_id.as_str().into(),
                    region: region.as_str().into(),
                    captured_at: captured_at.clone(),
                };
                Page::read(Object::EcsAuditEvent, origin, Bytes::from(body))
                    .map_err(|error| error.to_string())
            }
            None => Err(format!(
                "{count} of its events, from the one at {start} on, have no texts `recipientAccountId` and `awsRegion`"
            )),
        });
        start += count;
    }
    pages
}

/// An event as LookupEvents wraps it.
fn outer(head: &Members<'_>, event: &RawValue) -> String {
    let named = [
        ("EventId", "eventID"),
        ("EventName", "eventName"),
        ("EventSource", "eventSource"),
    ];
    let named = named.iter().filter_map(|(outer, inner)| {
        let value = head.get(*inner)?.get();
        // Other values would reject the event for a member that it does not have.
        value
            .starts_with('"')
            .then(|| format!("\"{outer}\":{value},"))
    });
    format!(
        "{{{}\"CloudTrailEvent\":{}}}",
        named.collect::<String>(),
        event.get()
    )
}

#[cfg(test)]
mod tests {
    use crate::recording::Pages;

    #[test]
    fn a_file_of_a_trail_is_pages_by_account_and_region() {
        let event = |id: &str, region: &str, source: &str, time: &str| {
            format!(
                r#"{{"eventVersion":"1.08","eventName":"RunTask","eventID":"{id}","awsRegion":"{region}","recipientAccountId":"111122223333","eventSource":"{source}","eventTime":"{time}","requestParameters":{{"environment":"CANARY"}}}}"#
            )
        };
        let ours = "ecs.amazonaws.com";
        let events = [
            event("a", "us-west-2", ours, "2026-11-21T01:32:00Z"),
            event(
                "b",
                "us-west-2",
                "eks.amazonaws.com",
                "2026-11-21T01:32:09Z",
            ),
            event("c", "us-gov-west-1", ours, "2026-11-21T01:31:00Z"),
            r#"{"eventID":"d"}"#.to_owned(),
        ];
        let file = format!("{{\"Records\": [{}]}}", events.join(", "));
        let pages: Vec<_> = Pages::new(file.as_bytes())
            .map(|page| page.expect("read"))
            .collect();
        assert_eq!(pages.len(), 3);
        for ((number, page), (partition, ids)) in pages.iter().zip([
            ("aws", vec![Some("a"), None]),
            ("aws-us-gov", vec![Some("c")]),
        ]) {
            let page = page.as_ref().expect("a page");
            assert_eq!((*number, page.origin.partition.as_str()), (1, partition));
            assert_eq!(page.origin.captured_at, "2026-11-21T01:32:09.000Z");
            let found: Vec<_> = (0..page.len()).map(|index| page.arn(index)).collect();
            assert_eq!(
                found,
                ids.iter()
                    .map(|id| id.map(str::to_owned))
                    .collect::<Vec<_>>()
            );
            assert!(!page.text().contains("CANARY"));
        }
        let reason = pages[2].1.as_ref().expect_err("no place");
        assert!(reason.contains("from the one at 3 on"), "{reason}");
        let single: serde_json::Value = serde_json::from_str(&events[0]).expect("JSON");
        let single = serde_json::to_string_pretty(&single).expect("JSON");
        let answer =
            serde_json::json!({"Events": [{"EventTime": "2026", "CloudTrailEvent": events[0]}]});
        let answer = answer.to_string();
        let mut pages =
            Pages::new(answer.as_bytes()).map(|page| page.expect("read").1.expect("a page"));
        assert_eq!(
            pages.next().and_then(|page| page.arn(0)).as_deref(),
            Some("a")
        );
        let pages =
            Pages::new(single.as_bytes()).map(|page| page.expect("read").1.expect("a page"));
        assert_eq!(pages.map(|page| page.len()).sum::<usize>(), 1);
    }
}
