//! The progress of a scan, as events that a script shows in place.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream::{self, Stream};

use super::fault::Fault;
use super::scans::{progress, state_word};
use super::session::Visitor;
use crate::api::problem::Problem;
use crate::shared::Shared;
use crate::store::scans::{self, ScanState};

/// A scan notes its progress every five seconds.
const PERIOD: Duration = Duration::from_secs(2);
/// A browser connects anew after that, so that an ended session ends here too.
const EVENTS: u32 = 300;

/// The progress of a scan, until it ends
pub(super) async fn events(
    State(service): State<Shared>,
    _: Visitor,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let known = scans::by_id(service.store.read(), &id).await?;
    known.ok_or_else(|| Problem::missing("scan"))?;
    let begin = (service, id, 0);
    let events = stream::unfold(Some(begin), |state| async {
        let (service, id, number) = state?;
        if number > 0 {
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                () = service.stopped() => return None,
            }
        }
        let scan = scans::by_id(service.store.read(), &id)
            .await
            .ok()
            .flatten()?;
        let is_open = matches!(scan.state, ScanState::Queued | ScanState::Running);
        let event = match is_open {
            true => Event::default().event("progress").data(progress(&scan)),
            false => Event::default().event("end").data(state_word(scan.state).0),
        };
        let next = (is_open && number < EVENTS).then_some((service, id, number + 1));
        Some((Ok(event), next))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}
