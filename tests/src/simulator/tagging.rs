//! The Resource Groups Tagging API: GetResources for task definitions.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Answer, Call, Drift};
use super::error::ApiError;
use super::page::{Page, Paged};
use super::place::{Place, Revision};
use super::render::{has_tags, tag_pairs};

const TASK_DEFINITION: &str = "ecs:task-definition";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Parameters {
    pagination_token: Option<String>,
    resources_per_page: Option<i64>,
    resource_type_filters: Vec<String>,
}

/// The tags of the ACTIVE revisions that have any. Filters by tag are ignored.
pub(super) fn get_resources(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: Parameters = call.parameters()?;
    let filters = &parameters.resource_type_filters;
    let wanted = match parameters.resources_per_page {
        None => 50,
        Some(wanted @ 1..=100) => wanted.unsigned_abs(),
        Some(_) => {
            let message = "ResourcesPerPage must be between 1 and 100.";
            return Err(ApiError::invalid(message));
        }
    };
    let place = call.place;
    // Of the other types there is nothing.
    let asked = filters.is_empty()
        || filters
            .iter()
            .any(|it| it == TASK_DEFINITION || it == "ecs");
    let positions = match asked {
        true => place.families() * place.revisions_per_family(),
        false => 0,
    };
    let paged = Paged {
        member: "ResourceTagMappingList",
        positions: 0..positions,
        wanted,
        token: parameters
            .pagination_token
            .as_deref()
            .filter(|it| !it.is_empty()),
        request: format!("GetResources {} {filters:?}", place.key),
        element_at: |index| {
            let revision = place.revision_at(index);
            is_known(place, call.drift, call.rules.tag_lag, index)
                .then(|| mapping(call, revision, index))
        },
    };
    let page = paged
        .page(call)
        .map_err(|error| match error.message.as_str() {
            "Token has expired." => ApiError {
                code: "PaginationTokenExpiredException",
                ..error
            },
            _ => error,
        });
    let Page { body, items, token } = page?;
    // The last page has an empty token, not none.
    let token = token.unwrap_or_default();
    let body = format!("{body},\"PaginationToken\":\"{token}\"}}");
    Ok(Answer { body, items })
}

fn mapping(call: &Call<'_>, revision: Revision, index: u64) -> Value {
    let name = call.place.family_name(revision.family);
    let tags = tag_pairs(call.rules, index, &name, None);
    let tags: Vec<_> = tags
        .into_iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    json!({ "ResourceARN": call.place.revision_arn(revision).to_string(), "Tags": tags })
}

/// Whether the revision is ACTIVE, has tags, and is not among those that the API does not know yet.
fn is_known(place: &Place, drift: Drift, lag: f64, index: u64) -> bool {
    let late = (place.hash(81, index) >> 11) as f64 / (1_u64 << 53) as f64;
    has_tags(index)
        && drift.revision_status(place, place.revision_at(index)) == "ACTIVE"
        && late >= lag
}

/// Number of revisions that GetResources answers.
pub(super) fn count(place: &Place, drift: Drift, lag: f64) -> u64 {
    let families = place.shape.families + drift.registered_families;
    let indexes = 0..families * place.revisions_per_family();
    indexes
        .filter(|&index| is_known(place, drift, lag, index))
        .count() as u64
}

#[cfg(test)]
mod tests;
