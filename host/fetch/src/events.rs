//! Events of the audit trail. AWS answers two lookups a second, so a sync asks only for the times that earlier
//! syncs did not read, and takes the other events of its window from those that they kept.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use super::RegionFetch;
use super::alone::{TokenPage, WholePages};
use super::known::{EventSeries, KeptEvent, KnownEvents};
use super::paging::Tokens;
use portolan_aws::{CallFailure, FailureKind};
use portolan_machine::fingerprint::fingerprint;
use portolan_page::Page;
use portolan_page::object::{Object, Operation};

/// CloudTrail delivers most events within five minutes, and does not promise when. This much before the end of an
/// earlier window is asked for again.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html>
const LATE_DELIVERY_MS: i64 = 15 * 60 * 1_000;
/// Listings at the same time. AWS's quota allows two calls a second, so more would only wait.
const PARALLEL_LISTINGS: usize = 2;

/// Times in milliseconds since 1970, both inclusive.
pub(super) type Interval = RangeInclusive<i64>;

/// Looks up the events of the window, each name by itself.
pub(super) async fn audit_events(scope: Arc<RegionFetch>) {
    let key = scope.key(Object::EcsAuditEvent, None);
    scope.ledger.open(&key);
    let all = scope.config.options.event_names();
    let (send, names) = async_channel::bounded(all.len().max(1));
    for name in all {
        // The channel has room for all names, and its receivers exist.
        let _ = send.try_send(name);
    }
    drop(send);
    let mut listings = JoinSet::new();
    let kept = Arc::new(scope.kept(&key).asked);
    for _ in 0..PARALLEL_LISTINGS.min(scope.config.parallel_requests) {
        let (scope, names, kept) = (Arc::clone(&scope), names.clone(), Arc::clone(&kept));
        listings.spawn(async move {
            while let Ok(name) = names.recv().await {
                let mut pages = WholePages::new(&scope, Object::EcsAuditEvent);
                pages.seen.clone_from(&kept);
                events_of(&scope, pages, name).await;
            }
        });
    }
    listings.join_all().await;
    scope.ledger.listed_again(&key);
}

/// Looks up the events of one name, and sends them on with those that earlier syncs kept.
async fn events_of(scope: &RegionFetch, mut pages: WholePages<'_>, name: String) {
    if scope.is_stopped(&pages.key) {
        scope
            .ledger
            .lost(&pages.key, "an earlier call was denied", 0);
        return;
    }
    let window = window(scope, &name);
    let known = scope.events.as_ref();
    let series = EventSeries {
        endpoint: known.map_or_else(String::new, |(_, endpoint)| endpoint.clone()),
        account_id: scope.origin.account_id.clone(),
        region: scope.origin.region.clone(),
        name,
    };
    let known = known.map(|(known, _)| known);
    let read = known.and_then(|known| (known.read)(&series));
    let is_whole = !read.as_ref().is_some_and(|read| joins(&window, read));
    let mut result = Ok(());
    for interval in unread(&window, read.as_ref()) {
        result = listing(&mut pages, &series, &window, &interval, known).await;
        if result.is_err() {
            break;
        }
    }
    if let Err(failure) = &result {
        pages.failed(failure);
        if matches!(failure.kind, FailureKind::Denied | FailureKind::Credentials) {
            scope.stop(&pages.key);
            return;
        }
    }
    let Some(known) = known else { return };
    if result.is_ok() {
        let begin = read.filter(|read| read.start() < window.start() && joins(&window, read));
        let begin = begin.map_or(*window.start(), |read| *read.start());
        (known.note_read)(&series, begin..=*window.end());
    }
    // A listing of the whole window has everything that is kept.
    if result.is_err() || !is_whole {
        kept_events(&mut pages, &series, &window, known).await;
    }
}

/// The times whose events a sync with this name writes.
fn window(scope: &RegionFetch, name: &str) -> Interval {
    let captured_at = scope.moment.captured_at();
    let end_ms = portolan_machine::clock::milliseconds(captured_at).unwrap_or_default();
    let since: Duration = scope.config.options.events_since(name);
    let since_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    end_ms.saturating_sub(since_ms)..=end_ms
}

/// Whether nothing is missing between an interval that was read and the end of a window.
fn joins(window: &Interval, read: &Interval) -> bool {
    // What is not asked for again was delivered in time.
    read.start() <= window.end() && read.end().saturating_sub(LATE_DELIVERY_MS) >= *window.start()
}

/// The parts of a window that are to be asked for, the newest first.
fn unread(window: &Interval, read: Option<&Interval>) -> Vec<Interval> {
    let Some(read) = read.filter(|read| joins(window, read)) else {
        return vec![window.clone()];
    };
    // A sync that is resumed, or whose clock was set back, may be older than the interval.
    let again = read
        .end()
        .saturating_sub(LATE_DELIVERY_MS)
        .min(*window.end());
    let mut parts = vec![again.max(*window.start())..=*window.end()];
    if window.start() < read.start() {
        parts.push(*window.start()..=*read.start());
    }
    parts
}

/// One listing: all pages of a part of a window.
async fn listing(
    pages: &mut WholePages<'_>,
    series: &EventSeries,
    window: &Interval,
    part: &Interval,
    known: Option<&KnownEvents>,
) -> Result<(), CallFailure> {
    let paging = Operation::LookupEvents.paging();
    let mut parameters = json!({
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": series.name}],
        // CloudTrail counts seconds.
        "StartTime": part.start().div_euclid(1_000),
        "EndTime": part.end().div_euclid(1_000) + 1,
        paging.size: pages.scope.config.page_size.min(paging.limit),
    });
    let mut tokens = Tokens::default();
    loop {
        let TokenPage { page, next_token } = pages.page(&parameters, None).await?;
        let others = page.len() - page.described().count();
        pages.scope.ledger.other_service(&pages.key, others);
        let events = events(&page, window);
        let page = page.only(|index| events.iter().any(|(place, _)| *place == index));
        let without_id = events
            .iter()
            .filter(|(place, _)| page.arn(*place).is_none());
        pages.seen.extend(without_id.map(|(_, event)| event.id));
        if let Some(known) = known {
            let kept = events.into_iter().map(|(_, event)| event).collect();
            (known.put)(series, kept);
        }
        pages.send(page).await;
        match tokens.next(next_token, Operation::LookupEvents)? {
            Some(token) => parameters[paging.token] = token.into(),
            None => return Ok(()),
        }
    }
}

/// Sends on the events of a window that were kept, except those that this sync asked for again.
async fn kept_events(
    pages: &mut WholePages<'_>,
    series: &EventSeries,
    window: &Interval,
    known: &KnownEvents,
) {
    let limit = usize::from(Operation::LookupEvents.paging().limit);
    let mut after = None;
    loop {
        let Some((events, next)) = (known.events)(series, window, after, limit) else {
            let reason = "events that an earlier sync kept cannot be read; the next sync asks for them again";
            pages.scope.ledger.lost(&pages.key, reason, 0);
            return;
        };
        let new = events.iter().filter(|it| !pages.seen.contains(&it.id));
        let bodies: Vec<&str> = new.map(|event| event.json.as_str()).collect();
        let body = format!("{{\"Events\":[{}]}}", bodies.join(","));
        match pages.scope.page(Object::EcsAuditEvent, Bytes::from(body)) {
            Ok(page) => pages.send(page).await,
            Err(reason) => pages.scope.ledger.lost(&pages.key, &reason, 0),
        }
        match next {
            Some(next) => after = Some(next),
            None => return,
        }
    }
}

/// The events of a page within a window, and their places. An event without a readable time counts as one of the
/// window's end.
fn events(page: &Page, window: &Interval) -> Vec<(usize, KeptEvent)> {
    #[derive(Deserialize)]
    struct Body<'b> {
        #[serde(rename = "Events", borrow)]
        events: Vec<&'b RawValue>,
    }
    #[derive(Deserialize)]
    struct Timed<'b> {
        #[serde(rename = "EventTime", borrow)]
        time: Option<&'b RawValue>,
    }
    let body: Result<Body<'_>, _> = serde_json::from_slice(page.body());
    let events = body.map(|body| body.events).unwrap_or_default();
    let mut inside = Vec::new();
    for index in page.described() {
        let Some(event) = events.get(index) else {
            continue;
        };
        let time = serde_json::from_str::<Timed<'_>>(event.get()).ok();
        let time_ms = time.and_then(|it| milliseconds(it.time?.get()));
        let time_ms = time_ms.unwrap_or(*window.end());
        if window.contains(&time_ms) {
            let id = page.arn(index);
            let id = id.map_or_else(|| fingerprint(event.get()), |id| fingerprint(&id));
            let json = event.get().to_owned();
            inside.push((index, KeptEvent { time_ms, id, json }));
        }
    }
    inside
}

/// A number of seconds in milliseconds, rounded down.
fn milliseconds(seconds: &str) -> Option<i64> {
    let seconds: f64 = seconds.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a number out of range becomes the nearest one, which is in no window"
    )]
    seconds
        .is_finite()
        .then(|| (seconds * 1_000.0).floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use portolan_page::Origin;

    #[test]
    fn only_what_was_not_read_is_asked_for() {
        let hour = 3_600_000;
        let window = 100 * hour..=124 * hour;
        let late = LATE_DELIVERY_MS;
        for (read, expected) in [
            (None, vec![window.clone()]),
            // A gap of unknown events.
            (Some(10 * hour..=99 * hour), vec![window.clone()]),
            (
                Some(90 * hour..=123 * hour),
                vec![123 * hour - late..=124 * hour],
            ),
            // The window begins in the part that is asked for again.
            (Some(90 * hour..=100 * hour), vec![window.clone()]),
            (
                Some(90 * hour..=100 * hour + late),
                vec![100 * hour..=124 * hour],
            ),
            (
                Some(110 * hour..=120 * hour),
                vec![120 * hour - late..=124 * hour, 100 * hour..=110 * hour],
            ),
            // The clock was set back.
            (Some(90 * hour..=140 * hour), vec![124 * hour..=124 * hour]),
            (Some(130 * hour..=140 * hour), vec![window.clone()]),
        ] {
            assert_eq!(unread(&window, read.as_ref()), expected, "{read:?}");
        }
    }

    #[test]
    fn events_outside_the_window_are_left_out() {
        let origin = Origin {
            partition: "aws".into(),
            account_id: "123456789012".into(),
            region: "us-west-2".into(),
            captured_at: String::new(),
        };
        let body = br#"{"Events":[{"EventId":"a","EventTime":1.9999},{"EventId":"b","EventTime":2},
            {"EventId":"c","EventTime":3E0},{"EventId":"d","EventTime":3.001},{"EventId":"e"},
            {"EventId":"f","EventTime":2,"EventSource":"eks.amazonaws.com"}]}"#;
        let page = Page::read(Object::EcsAuditEvent, origin, Bytes::from_static(body));
        let found = events(&page.expect("a page"), &(2_000..=3_000));
        let found: Vec<usize> = found.into_iter().map(|(place, _)| place).collect();
        assert_eq!(found, [1, 2, 4]);
    }
}
