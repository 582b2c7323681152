//! The accounts and Regions: Organizations' ListAccounts, Account Management's ListRegions and EC2's
//! DescribeRegions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::json;

use super::call::Answer;
use super::caller::Caller;
use super::error::ApiError;
use super::state::State;

/// Largest and default number of accounts in an answer of Organizations.
const ACCOUNTS_PER_PAGE: usize = 20;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListAccounts {
    max_results: Option<i64>,
    next_token: Option<String>,
}

/// Lists every account with objects and every other member. Only the account of the long-lived credentials
/// may call it.
pub(super) fn list_accounts(
    state: &State,
    caller: &Caller,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let parameters: ListAccounts = serde_json::from_slice(body)
        .map_err(|error| ApiError::new("SerializationException", error.to_string()))?;
    if caller.assumed {
        let message = "You don't have permissions to access this resource.";
        return Err(ApiError::new("AccessDeniedException", message));
    }
    let size = match parameters.max_results {
        None => ACCOUNTS_PER_PAGE,
        Some(size @ 1..=20) => size.unsigned_abs() as usize,
        Some(_) => return Err(refused("MaxResults must be between 1 and 20.")),
    };
    let request = format!("ListAccounts {}", caller.account);
    let start = match &parameters.next_token {
        None => 0,
        Some(token) => {
            let lifetime = state.rules().token_lifetime;
            let position = state.tokens.open(&request, token, state.now(), lifetime);
            position.map_err(|_| refused("You specified an invalid pagination token."))? as usize
        }
    };
    let places = state.world.places.keys();
    let mut accounts: BTreeMap<&str, &str> = places
        .map(|(account, _)| (account.as_str(), "ACTIVE"))
        .collect();
    let members = state.world.members.iter();
    accounts.extend(members.map(|(account, state)| (account.as_str(), state.as_str())));
    let management = &caller.account;
    let page: Vec<_> = accounts.iter().skip(start).take(size).collect();
    let rendered = page.iter().map(|(account, state)| {
        json!({
            "Id": account,
            "Arn": format!("arn:aws:organizations::{management}:account/o-simulated/{account}"),
            "Email": format!("aws+{account}@example.com"),
            "Name": format!("account-{account}"),
            "Status": if **state == "ACTIVE" { "ACTIVE" } else { "SUSPENDED" },
            "State": state,
            "JoinedMethod": "CREATED",
            "JoinedTimestamp": 1_760_000_000.5,
        })
    });
    let mut body = json!({ "Accounts": rendered.collect::<Vec<_>>() });
    let end = start + page.len();
    if end < accounts.len() {
        body["NextToken"] = state.tokens.issue(&request, end as u64, state.now()).into();
    }
    Ok(Answer {
        body: body.to_string(),
        items: page.len() as u64,
    })
}

fn refused(message: &str) -> ApiError {
    ApiError::new("InvalidInputException", message)
}

/// A Region that no account has enabled.
const DISABLED_REGION: &str = "ap-east-1";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListRegions {
    max_results: Option<i64>,
    region_opt_status_contains: Vec<String>,
}

/// The Regions in which the caller's account has objects, and one that it has not enabled.
pub(super) fn list_regions(
    state: &State,
    caller: &Caller,
    body: &[u8],
) -> Result<Answer, ApiError> {
    let parameters: ListRegions = serde_json::from_slice(body)
        .map_err(|error| ApiError::new("ValidationException", error.to_string()))?;
    if !matches!(parameters.max_results, None | Some(1..=50)) {
        let message = "MaxResults must be between 1 and 50.";
        return Err(ApiError::new("ValidationException", message));
    }
    let places = state.world.places.keys();
    let enabled = places.filter(|(account, _)| *account == caller.account);
    let mut regions: BTreeMap<&str, &str> = enabled
        .map(|(_, region)| (region.as_str(), "ENABLED_BY_DEFAULT"))
        .collect();
    regions.insert(DISABLED_REGION, "DISABLED");
    let filter = &parameters.region_opt_status_contains;
    regions.retain(|_, status| filter.is_empty() || filter.iter().any(|it| it == status));
    let rendered: Vec<_> = regions
        .iter()
        .map(|(region, status)| json!({"RegionName": region, "RegionOptStatus": status}))
        .collect();
    Ok(Answer {
        items: rendered.len() as u64,
        body: json!({ "Regions": rendered }).to_string(),
    })
}

/// The Regions in which any account has objects; filters are ignored.
pub(super) fn describe_regions(state: &State, request_id: &str) -> String {
    let places = state.world.places.keys();
    let regions: BTreeSet<_> = places.map(|(_, region)| region).collect();
    let regions: String = regions
        .into_iter()
        .map(|region| {
            format!(
                "<item><regionName>{region}</regionName>\
                 <regionEndpoint>ec2.{region}.amazonaws.com</regionEndpoint>\
                 <optInStatus>opt-in-not-required</optInStatus></item>"
            )
        })
        .collect();
    format!(
        "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
         <requestId>{request_id}</requestId><regionInfo>{regions}</regionInfo>\
         </DescribeRegionsResponse>"
    )
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use crate::simulator::rules::Rules;
    use crate::simulator::state::State;
    use crate::simulator::testing::{headers, send, small};
    use crate::simulator::world::{BASE_ACCESS_KEY, World};

    fn list(state: &State, body: &str) -> serde_json::Value {
        let mut headers = headers(BASE_ACCESS_KEY);
        let target = HeaderValue::from_static("AWSOrganizationsV20161128.ListAccounts");
        headers.insert("x-amz-target", target);
        serde_json::from_str(&send(state, &headers, body).1).expect("JSON")
    }

    #[test]
    fn accounts_are_listed_in_pages() {
        let state = State::new(World::demo(1), Rules::default());
        let first = list(&state, "{\"MaxResults\":1}");
        assert_eq!(first["Accounts"][0]["Id"], "111111111111");
        let next = format!("{{\"MaxResults\":1,\"NextToken\":{}}}", first["NextToken"]);
        let second = list(&state, &next);
        assert_eq!(second["Accounts"][0]["Id"], "222222222222");
        assert!(second.get("NextToken").is_none());
        assert_eq!(
            list(&state, "{\"MaxResults\":21}")["__type"],
            "InvalidInputException"
        );
    }

    #[test]
    fn regions_are_those_of_the_world() {
        let body = "Action=DescribeRegions&Version=2016-11-15";
        let (status, xml) = send(&small(Rules::default()), &headers(BASE_ACCESS_KEY), body);
        assert_eq!(
            (status, xml.matches("<regionName>us-east-1<").count()),
            (200, 1),
            "{xml}"
        );
    }
}
