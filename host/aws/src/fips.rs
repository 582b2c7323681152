//! The Regions in which ECS has FIPS 140 endpoints.

use super::settings::ConnectionError;

/// Regions with an `ecs-fips` endpoint, from AWS's FIPS page. For any other Region the SDK builds a host name
/// that does not resolve.
const FIPS_REGIONS: [&str; 6] = [
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Checks that FIPS endpoints can be used for a Region.
pub fn check(region: &str, endpoint_url: Option<&str>) -> Result<(), ConnectionError> {
    if let Some(url) = endpoint_url {
        return Err(invalid(format!(
            "FIPS endpoints and an endpoint URL ({}) exclude each other; leave one of them out (a URL comes from --endpoint-url, AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_ECS, AWS_ENDPOINT_URL_STS or the AWS profile)",
            portolan_machine::text::printable(url, 128)
        )));
    }
    if FIPS_REGIONS.contains(&region) {
        return Ok(());
    }
    Err(invalid(format!(
        "ECS has no FIPS endpoint in {}; it has them in {}",
        portolan_machine::text::printable(region, 32),
        FIPS_REGIONS.join(", ")
    )))
}

fn invalid(reason: String) -> ConnectionError {
    ConnectionError::Setting {
        setting: "use-fips-endpoint",
        reason,
    }
}
