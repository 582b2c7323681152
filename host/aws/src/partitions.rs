//! Names of Regions: valid names, and the partition of a Region.
//!
//! The names and prefixes are those of the partition table that AWS gives to its SDKs, which do not export
//! it. A Region that is newer than this program is recognized by the form of its name.

/// A partition, the prefixes of its Regions' names, and its Regions.
struct Partition {
    id: &'static str,
    /// The suffixes of host names: IPv4 only, and dual-stack.
    suffixes: [&'static str; 2],
    /// The Region that serves global services for the partition.
    home: &'static str,
    prefixes: &'static [&'static str],
    regions: &'static [&'static str],
}

#[rustfmt::skip]
const PARTITIONS: [Partition; 8] = [
    Partition {
        id: "aws",
        suffixes: ["amazonaws.com", "api.aws"], home: "us-east-1",
        prefixes: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
        regions: &[
            "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3",
            "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "ap-northeast-1",
            "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
            "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ap-south-1",
            "ap-south-2", "ap-east-1", "ap-east-2", "ca-central-1", "ca-west-1", "sa-east-1", "me-south-1",
            "me-central-1", "af-south-1", "il-central-1", "mx-central-1",
        ],
    },
    Partition {
        id: "aws-cn", suffixes: ["amazonaws.com.cn", "api.amazonwebservices.com.cn"], home: "cn-northwest-1",
        prefixes: &["cn"], regions: &["cn-north-1", "cn-northwest-1"],
    },
    Partition {
        id: "aws-us-gov", suffixes: ["amazonaws.com", "api.aws"], home: "us-gov-west-1",
        prefixes: &["us-gov"], regions: &["us-gov-east-1", "us-gov-west-1"],
    },
    Partition {
        id: "aws-eusc", suffixes: ["amazonaws.eu", "api.amazonwebservices.eu"], home: "eusc-de-east-1",
        prefixes: &["eusc-de"], regions: &["eusc-de-east-1"],
    },
    Partition {
        id: "aws-iso", suffixes: ["c2s.ic.gov", "api.aws.ic.gov"], home: "us-iso-east-1",
        prefixes: &["us-iso"], regions: &["us-iso-east-1", "us-iso-west-1"],
    },
    Partition {
        id: "aws-iso-b", suffixes: ["sc2s.sgov.gov", "api.aws.scloud"], home: "us-isob-east-1",
        prefixes: &["us-isob"], regions: &["us-isob-east-1", "us-isob-west-1"],
    },
    Partition {
        id: "aws-iso-e", suffixes: ["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"], home: "eu-isoe-west-1",
        prefixes: &["eu-isoe"], regions: &["eu-isoe-west-1"],
    },
    Partition {
        id: "aws-iso-f", suffixes: ["csp.hci.ic.gov", "api.aws.hci.ic.gov"], home: "us-isof-south-1",
        prefixes: &["us-isof"], regions: &["us-isof-east-1", "us-isof-south-1"],
    },
];

/// The part before the number in the name of a Region.
const DIRECTIONS: [&str; 9] = [
    "central",
    "east",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// The partition of a Region; `None` if the name is not one of an AWS Region.
pub fn partition_of(region: &str) -> Option<&'static str> {
    let (rest, number) = region.rsplit_once('-')?;
    let (prefix, direction) = rest.rsplit_once('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let partition = PARTITIONS
        .iter()
        .find(|partition| partition.prefixes.contains(&prefix))?;
    (is_number && DIRECTIONS.contains(&direction)).then_some(partition.id)
}

fn partition(region: &str) -> &'static Partition {
    let id = partition_of(region).unwrap_or("aws");
    let partition = PARTITIONS.iter().find(|partition| partition.id == id);
    partition.unwrap_or(&PARTITIONS[0])
}

/// The Region that serves global services for the partition.
pub(super) fn home_of(region: &str) -> &'static str {
    partition(region).home
}

/// The endpoint of a service in a Region.
pub(super) fn url(service: &str, region: &str, is_fips: bool, is_dual_stack: bool) -> String {
    let fips = if is_fips { "-fips" } else { "" };
    let [suffix, dual_stack] = partition(region).suffixes;
    let suffix = if is_dual_stack { dual_stack } else { suffix };
    format!("https://{service}{fips}.{region}.{suffix}")
}

/// A Region of the same partition that is enabled in every account.
pub(crate) fn any_beside(region: &str) -> &'static str {
    partition(region).regions[0]
}

/// Checks the name of a Region. The error names the nearest known Region.
pub fn check(region: &str) -> Result<(), String> {
    if partition_of(region).is_some() {
        return Ok(());
    }
    let lower = region.to_ascii_lowercase();
    let names = || PARTITIONS.iter().flat_map(|it| it.regions).copied();
    let shown = portolan_machine::text::printable(region, 32);
    // A zone's name begins with the name of its Region: `us-east-1a`, `us-west-2-lax-1a`.
    let zone_of = names().find(|name| {
        let rest = lower.strip_prefix(name).unwrap_or_default();
        rest.starts_with(|next: char| next == '-' || next.is_ascii_alphabetic())
    });
    if let Some(name) = zone_of {
        return Err(format!(
            "`{shown}` is an Availability Zone, not a Region; its Region is {name}"
        ));
    }
    let nearest = portolan_machine::text::nearest(&lower, names()).unwrap_or("us-east-1");
    Err(format!(
        "`{shown}` is not a Region of AWS; did you mean {nearest}? (For another server, which takes any name, set --endpoint-url.)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_of_the_table_is_in_its_partition() {
        for partition in &PARTITIONS {
            for region in partition.regions {
                assert_eq!(partition_of(region), Some(partition.id), "{region}");
                assert!(check(region).is_ok());
            }
        }
    }

    #[test]
    fn endpoints_are_those_of_the_partition() {
        for (region, is_fips, is_dual_stack, host) in [
            ("eu-west-1", false, false, "account.us-east-1.amazonaws.com"),
            (
                "us-gov-east-1",
                true,
                false,
                "account-fips.us-gov-west-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                false,
                true,
                "account.cn-northwest-1.api.amazonwebservices.com.cn",
            ),
            ("us-east-1", true, true, "account-fips.us-east-1.api.aws"),
            (
                "us-iso-west-1",
                false,
                false,
                "account.us-iso-east-1.c2s.ic.gov",
            ),
        ] {
            let url = url("account", home_of(region), is_fips, is_dual_stack);
            assert_eq!(url, format!("https://{host}"));
        }
        for (region, is_fips, is_dual_stack, host) in [
            ("af-south-1", false, false, "ecs.af-south-1.amazonaws.com"),
            (
                "us-gov-east-1",
                true,
                true,
                "ecs-fips.us-gov-east-1.api.aws",
            ),
            (
                "us-isob-east-1",
                true,
                false,
                "ecs-fips.us-isob-east-1.sc2s.sgov.gov",
            ),
        ] {
            let url = url("ecs", region, is_fips, is_dual_stack);
            assert_eq!(url, format!("https://{host}"));
        }
    }

    #[test]
    fn a_new_region_is_known_by_its_form_and_a_slip_is_not() {
        assert_eq!(partition_of("eu-west-9"), Some("aws"));
        for (slip, meant) in [
            ("us-east-1a", "its Region is us-east-1"),
            ("us-west-2-lax-1a", "its Region is us-west-2"),
            ("us-esat-1", "did you mean us-east-1?"),
            ("us-east1", "did you mean us-east-1?"),
            ("US-EAST-1", "did you mean us-east-1?"),
            ("eu_central_1", "did you mean eu-central-1?"),
            ("eu-west", "did you mean eu-west-"),
            ("aws-global", "is not a Region"),
        ] {
            let error = check(slip).expect_err(slip);
            assert!(error.contains(meant), "{error}");
        }
    }
}
