//! LookupEvents, for one event name at a time.

use serde::Deserialize;

use super::Occurrence;
use super::answer::event;
use super::name::Name;
use crate::simulator::call::{Answer, Call};
use crate::simulator::error::ApiError;
use crate::simulator::page::{Page, Paged, next_token};

/// CloudTrail keeps events so many seconds.
const RETENTION: u64 = 90 * 86_400;
/// Pages go from the newest event to the oldest, so positions count down from here.
const LAST: u64 = u32::MAX as u64;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Parameters {
    lookup_attributes: Vec<Attribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    event_category: Option<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

impl Parameters {
    /// The name that is looked up. AWS has other attributes too, and without one all names; the simulator has
    /// not, and takes one of the names then.
    fn name(&self) -> Result<&str, ApiError> {
        match self.lookup_attributes.as_slice() {
            [] => Ok("UpdateService"),
            [attribute] if attribute.attribute_key == "EventName" => Ok(&attribute.attribute_value),
            _ => Err(ApiError::new(
                "InvalidLookupAttributesException",
                "Exactly one lookup attribute with the key EventName is expected.",
            )),
        }
    }

    fn page_size(&self) -> Result<u64, ApiError> {
        match self.max_results {
            None => Ok(50),
            Some(wanted @ 1..=50) => Ok(wanted.unsigned_abs()),
            Some(_) => {
                let message = "MaxResults must be between 1 and 50.";
                Err(ApiError::new("InvalidMaxResultsException", message))
            }
        }
    }

    /// The first and the last second of the window; both belong to it.
    fn window(&self, now: u64) -> Result<(u64, u64), ApiError> {
        let kept_from = now.saturating_sub(RETENTION);
        // Conversions of floats saturate.
        let from = self.start_time.map_or(kept_from, |it| it.ceil() as u64);
        let to = self.end_time.map_or(now, |it| it.floor() as u64);
        if self.start_time > self.end_time.or(Some(f64::MAX)) || to < kept_from {
            let message = "The time range is not valid.";
            return Err(ApiError::new("InvalidTimeRangeException", message));
        }
        Ok((from.max(kept_from), to.min(now)))
    }
}

pub(in crate::simulator) fn lookup(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: Parameters = call.parameters()?;
    let text = parameters.name()?;
    if parameters.event_category.is_some() {
        // The model knows `insight` only, of which there are none.
        let message = "The event category is not valid.";
        return Err(ApiError::new("InvalidEventCategoryException", message));
    }
    let (from, to) = parameters.window(call.time)?;
    let name = Name::find(text).filter(|_| call.place.shape.clusters > 0);
    let positions = match name {
        Some(name) if from <= to => LAST - to / name.period..LAST - from / name.period + 1,
        _ => 0..0,
    };
    let Parameters {
        start_time,
        end_time,
        ..
    } = &parameters;
    let paged = Paged {
        member: "Events",
        positions,
        wanted: parameters.page_size()?,
        token: parameters.next_token.as_deref(),
        request: format!(
            "LookupEvents {} {text:?} {start_time:?} {end_time:?}",
            call.place.key
        ),
        element_at: |position| {
            let it = Occurrence::new(call.place, name?, LAST - position);
            let is_there = (from..=to).contains(&it.time()) && it.delivered_at() <= call.time;
            is_there.then(|| event(&it, call.canary))
        },
    };
    let page = paged.page(call).map_err(|error| match error.code {
        "InvalidParameterException" => ApiError {
            code: "InvalidNextTokenException",
            ..error
        },
        _ => error,
    });
    let Page { body, items, token } = page?;
    let body = format!("{body}{}}}", next_token("NextToken", token));
    Ok(Answer { body, items })
}
