//! Cuts lists into pages: page sizes, tokens, and their faults.

use std::fmt::{self, Display, Write};
use std::ops::Range;

use serde::Deserialize;

use super::call::{Answer, Call};
use super::error::ApiError;
use super::rules::Fault;

/// The parameters of all four List operations; an operation ignores those that it does not have.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ListParameters {
    pub(super) cluster: Option<String>,
    pub(super) container_instance: Option<String>,
    pub(super) desired_status: Option<String>,
    pub(super) family: Option<String>,
    pub(super) family_prefix: Option<String>,
    pub(super) launch_type: Option<String>,
    pub(super) max_results: Option<i64>,
    pub(super) next_token: Option<String>,
    pub(super) scheduling_strategy: Option<String>,
    pub(super) service_name: Option<String>,
    pub(super) sort: Option<String>,
    pub(super) started_by: Option<String>,
    pub(super) status: Option<String>,
}

/// A list before it is cut into pages: positions from 0, of which a filter may skip some.
pub(super) struct Listing<'a, F> {
    pub(super) member: &'a str,
    /// Operation and filters. A token is valid only for the same ones.
    pub(super) request: String,
    /// Page size of a request without one.
    pub(super) page_size: u64,
    pub(super) positions: u64,
    pub(super) arn_at: F,
}

impl ListParameters {
    /// Operation, place and filters as one text, without the parameters that change from page to page.
    pub(super) fn fingerprint(&self, call: &Call<'_>, operation: &str) -> String {
        let Self {
            cluster,
            container_instance,
            desired_status,
            family,
            family_prefix,
            launch_type,
            scheduling_strategy,
            service_name,
            sort,
            started_by,
            status,
            max_results: _,
            next_token: _,
        } = self;
        let filters = [
            cluster,
            container_instance,
            desired_status,
            family,
            family_prefix,
            launch_type,
            scheduling_strategy,
            service_name,
            sort,
            started_by,
            status,
        ];
        format!("{operation} {} {filters:?}", call.place.key)
    }

    /// Writes the page that the parameters select.
    pub(super) fn page<F, A>(
        &self,
        call: &Call<'_>,
        listing: Listing<'_, F>,
    ) -> Result<Answer, ApiError>
    where
        F: Fn(u64) -> Option<A>,
        A: Display,
    {
        let Listing {
            member,
            request,
            page_size,
            positions,
            arn_at,
        } = listing;
        let wanted = match self.max_results {
            None => page_size,
            Some(wanted @ 1..=100) => wanted.unsigned_abs(),
            Some(_) => return Err(ApiError::invalid("maxResults must be between 1 and 100.")),
        };
        let paged = Paged {
            member,
            positions: 0..positions,
            wanted,
            token: self.next_token.as_deref(),
            request,
            element_at: |position| {
                let arn = arn_at(position)?;
                Some(fmt::from_fn(move |f| write!(f, "\"{arn}\"")))
            },
        };
        let Page { body, items, token } = paged.page(call)?;
        Ok(Answer {
            body: format!("{body}{}}}", next_token("nextToken", token)),
            items,
        })
    }
}

/// `,"name":"token"` or nothing.
pub(super) fn next_token(name: &str, token: Option<String>) -> String {
    token.map_or(String::new(), |token| format!(",\"{name}\":\"{token}\""))
}

/// The page size of operations whose pages hold at most ten elements, which is also their default.
pub(super) fn at_most_ten(max_results: Option<i64>) -> Result<u64, ApiError> {
    match max_results {
        None => Ok(10),
        Some(wanted @ 1..=10) => Ok(wanted.unsigned_abs()),
        Some(_) => Err(ApiError::invalid("maxResults must be between 1 and 10.")),
    }
}

/// Any list before it is cut into pages.
pub(super) struct Paged<'a, F> {
    pub(super) member: &'a str,
    /// Positions, of which some may be empty.
    pub(super) positions: Range<u64>,
    /// Page size.
    pub(super) wanted: u64,
    /// The token of the request.
    pub(super) token: Option<&'a str>,
    /// Operation and filters. A token is valid only for the same ones.
    pub(super) request: String,
    /// The JSON of the element at a position.
    pub(super) element_at: F,
}

/// A page that lacks its token and its last bracket: `{"member":[...]`.
pub(super) struct Page {
    pub(super) body: String,
    pub(super) items: u64,
    /// The token of the next page.
    pub(super) token: Option<String>,
}

impl<F> Paged<'_, F> {
    /// Writes the page that the token selects.
    pub(super) fn page<E: Display>(self, call: &Call<'_>) -> Result<Page, ApiError>
    where
        F: Fn(u64) -> Option<E>,
    {
        let (request, tokens) = (&self.request, call.tokens);
        let start = match self.token {
            Some(token) => tokens.open(request, token, call.now, call.rules.token_lifetime)?,
            None => self.positions.start,
        };
        let mut body = format!("{{\"{}\":[", self.member);
        let (mut items, mut next) = (0, None);
        for position in start..self.positions.end {
            let Some(element) = (self.element_at)(position) else {
                continue;
            };
            if items == self.wanted || call.fault == Some(&Fault::EmptyPage) {
                next = Some(position);
                break;
            }
            let comma = if items == 0 { "" } else { "," };
            write!(body, "{comma}{element}").map_err(|_| ApiError::internal())?;
            items += 1;
        }
        body.push(']');
        let token = match (call.fault, self.token, next) {
            (Some(Fault::RepeatedToken), Some(token), _) => Some(token.to_owned()),
            (Some(Fault::RepeatedToken | Fault::EmptyPage), _, None) => {
                Some(tokens.issue(request, start, call.now))
            }
            (_, _, next) => next.map(|next| tokens.issue(request, next, call.now)),
        };
        Ok(Page { body, items, token })
    }
}
