//! Account settings: the values of a Region, and those that a caller has set for itself.

use std::fmt::Display;

use serde::Deserialize;
use serde_json::json;

use super::call::{Answer, Call, check_enum};
use super::error::ApiError;
use super::page::{Page, Paged, at_most_ten, next_token};
use super::place::{Place, partition_of};

/// Names of all settings, each with the value of a Region where nobody has changed it.
const DEFAULTS: [(&str, &str); 12] = [
    ("awsvpcTrunking", "disabled"),
    ("containerInsights", "disabled"),
    ("containerInstanceLongArnFormat", "enabled"),
    ("defaultLogDriverMode", "non-blocking"),
    ("dualStackIPv6", "disabled"),
    ("fargateEventWindows", "disabled"),
    ("fargateFIPSMode", "disabled"),
    ("fargateTaskRetirementWaitPeriod", "7"),
    ("guardDutyActivate", "off"),
    ("serviceLongArnFormat", "enabled"),
    ("tagResourceAuthorization", "off"),
    ("taskLongArnFormat", "enabled"),
];

/// Settings that callers set for themselves, in the order in which they do so.
const OWN: [(&str, &str); 2] = [
    ("fargateFIPSMode", "enabled"),
    ("awsvpcTrunking", "enabled"),
];

/// Number of settings of a Region.
pub(super) const COUNT: u64 = DEFAULTS.len() as u64;

/// Number of settings that callers in an account and Region have set for themselves: none, one or two.
pub(super) fn own_count(place: &Place) -> u64 {
    place.hash(80, 0) % 3
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    name: Option<String>,
    value: Option<String>,
    principal_arn: Option<String>,
    effective_settings: bool,
    next_token: Option<String>,
    max_results: Option<i64>,
}

pub(super) fn list(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: Parameters = call.parameters()?;
    let names = DEFAULTS.map(|(name, _)| name);
    check_enum("name", parameters.name.as_deref(), &names)?;
    let Parameters {
        name,
        value,
        principal_arn,
        effective_settings,
        ..
    } = &parameters;
    let filters = (
        name,
        value,
        principal_arn,
        effective_settings,
        &call.caller.arn,
    );
    let own = &OWN[..own_count(call.place) as usize];
    let paged = Paged {
        member: "settings",
        positions: 0..COUNT,
        wanted: at_most_ten(parameters.max_results)?,
        token: parameters.next_token.as_deref(),
        request: format!("ListAccountSettings {} {filters:?}", call.place.key),
        element_at: |position| {
            let (default_name, default) = DEFAULTS[position as usize];
            let mine = own.iter().find(|(name, _)| *name == default_name);
            if mine.is_none() && !effective_settings {
                return None;
            }
            let changed = call.rules.settings.get(default_name).map(String::as_str);
            let present = mine.map_or(changed.unwrap_or(default), |(_, value)| value);
            let principal = match mine {
                Some(_) => principal(call),
                None => root(call.place),
            };
            let wanted = name.as_ref().is_none_or(|it| it == default_name)
                && value.as_ref().is_none_or(|it| it == present)
                && principal_arn.as_ref().is_none_or(|it| *it == principal);
            wanted.then(|| setting(default_name, present, &principal))
        },
    };
    let Page { body, items, token } = paged.page(call)?;
    let body = format!("{body}{}}}", next_token("nextToken", token));
    Ok(Answer { body, items })
}

fn setting(name: &str, value: &str, principal: &str) -> impl Display + use<> {
    let kind = match name {
        "guardDutyActivate" => "aws_managed",
        _ => "user",
    };
    json!({ "name": name, "value": value, "principalArn": principal, "type": kind })
}

fn root(place: &Place) -> String {
    format!("arn:{}:iam::{}:root", place.partition, place.account)
}

/// The user or role that the caller is; ECS names the role, not its session.
fn principal(call: &Call<'_>) -> String {
    let arn = &call.caller.arn;
    let role = arn
        .split_once(":assumed-role/")
        .and_then(|(_, session)| session.split('/').next());
    match role {
        Some(role) => format!(
            "arn:{}:iam::{}:role/{role}",
            partition_of(&call.caller.region),
            call.caller.account
        ),
        None => arn.clone(),
    }
}

#[cfg(test)]
mod tests;
