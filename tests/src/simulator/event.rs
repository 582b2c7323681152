//! CloudTrail's events: streams without end, one for each name of an account and Region.
//!
//! Time is cut into periods, and each has one event at a moment of its own. So the events of any window are
//! computed from their numbers, and number and time have the same order.

mod actor;
mod answer;
mod definition;
mod lookup;
mod name;
mod parameters;

use std::ops::RangeInclusive;

use serde::Serialize;

pub(super) use lookup::lookup;
pub use name::DEFAULT_EVENT_NAMES;
use name::Name;

use super::place::{Place, mix};
use super::render::uuid;

/// Event source of ECS.
const ECS: &str = "ecs.amazonaws.com";
/// CloudTrail delivers an event at most so many seconds after its time.
const LATEST_DELIVERY: u64 = 14 * 60;

/// An event, as tests compare it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its `eventID`.
    pub id: String,
    /// Its `eventName`, such as `RunTask`.
    pub name: String,
    /// Its `eventSource`: `ecs.amazonaws.com`, or another service with an operation of the same name.
    pub source: String,
    /// Its time, in seconds since 1970.
    pub time: u64,
    /// The time from which LookupEvents knows it: at most 14 minutes later.
    pub delivered_at: u64,
}

/// One event of a stream.
#[derive(Clone, Copy, Debug)]
struct Occurrence<'a> {
    place: &'a Place,
    name: &'static Name,
    number: u64,
    /// Decides everything that differs from event to event.
    seed: u64,
}

impl<'a> Occurrence<'a> {
    fn new(place: &'a Place, name: &'static Name, number: u64) -> Self {
        Self {
            place,
            name,
            number,
            seed: place.hash(name.topic(), number),
        }
    }

    /// A number below `end` that is always the same for the same event and aspect.
    fn draw(&self, aspect: u64, end: u64) -> u64 {
        mix(self.seed ^ mix(aspect)) % end.max(1)
    }

    /// One of several texts.
    fn pick(&self, aspect: u64, texts: &[&'static str]) -> &'static str {
        let turn = self.draw(aspect, texts.len() as u64);
        texts.get(turn as usize).copied().unwrap_or_default()
    }

    fn time(&self) -> u64 {
        self.number * self.name.period + self.draw(0, self.name.period)
    }

    /// Two events in three are there at once.
    fn delivered_at(&self) -> u64 {
        let delay = match self.draw(1, 3) {
            0 => self.draw(2, LATEST_DELIVERY + 1),
            _ => 0,
        };
        self.time() + delay
    }

    /// Where other services have an operation of the same name, one event in five is of ECS.
    fn source(&self) -> &'static str {
        let others = self.name.others;
        match (self.number % 5) as usize {
            0 => ECS,
            turn => others.get((turn - 1) % others.len().max(1)).unwrap_or(&ECS),
        }
    }

    fn id(&self) -> String {
        uuid(self.place, self.name.topic(), self.number).to_string()
    }
}

/// The events of `name` in a window of seconds, newest first, delivered or not. A place without clusters has
/// none.
pub(super) fn events(place: &Place, name: &str, window: RangeInclusive<u64>) -> Vec<Event> {
    let (from, to) = window.into_inner();
    let name = Name::find(name).filter(|_| place.shape.clusters > 0);
    name.map_or(Vec::new(), |name| {
        (from / name.period..=to / name.period)
            .rev()
            .map(|number| Occurrence::new(place, name, number))
            .filter(|it| (from..=to).contains(&it.time()))
            .map(|it| Event {
                id: it.id(),
                name: it.name.text.to_owned(),
                source: it.source().to_owned(),
                time: it.time(),
                delivered_at: it.delivered_at(),
            })
            .collect()
    })
}

#[cfg(test)]
mod tests;
