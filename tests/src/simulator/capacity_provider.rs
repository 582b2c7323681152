//! Capacity providers: those of a Region, and those of managed instances, which belong to a cluster.

use std::fmt::{self, Display};

use serde::Deserialize;

use super::call::{Answer, Call, check_enum, includes};
use super::describe::failed_arn;
use super::error::ApiError;
use super::page::{Page, Paged, at_most_ten, next_token};
use super::place::Place;
use super::render::{member, tags, uuid};

/// Of Auto Scaling groups, in a Region with clusters; more than a page together with Fargate's.
const OF_GROUPS: u64 = 11;

/// A capacity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    Fargate,
    FargateSpot,
    /// The number of an Auto Scaling group.
    Group(u64),
    /// A cluster, and the number of one of its own providers.
    Managed(u64, u64),
}

/// Number of capacity providers that a Region has without its clusters.
pub(super) fn count_of_region(place: &Place) -> u64 {
    match place.shape.clusters {
        0 => 2,
        _ => 2 + OF_GROUPS,
    }
}

/// Number of providers of managed instances in a cluster: the second one has more than a page of them, every
/// third one after it has one or two.
pub(super) fn count_of_cluster(cluster: u64) -> u64 {
    match cluster {
        1 => 11,
        _ if cluster % 3 == 1 => 1 + cluster % 2,
        _ => 0,
    }
}

impl Provider {
    fn of_region(position: u64) -> Self {
        match position {
            0 => Self::Fargate,
            1 => Self::FargateSpot,
            _ => Self::Group(position - 2),
        }
    }

    /// The provider that runs the EC2 tasks of a cluster; without one, its own instances do.
    pub(super) fn for_ec2(cluster: u64) -> Option<Self> {
        cluster
            .is_multiple_of(2)
            .then_some(Self::Group(cluster / 2 % OF_GROUPS))
    }

    /// The provider that runs the managed instances of a cluster, if it has one.
    pub(super) fn for_managed(cluster: u64) -> Option<Self> {
        (count_of_cluster(cluster) > 0).then_some(Self::Managed(cluster, 0))
    }

    /// The providers that a cluster names.
    pub(super) fn named_by(cluster: u64) -> impl Iterator<Item = Self> {
        let managed =
            (0..count_of_cluster(cluster)).map(move |number| Self::Managed(cluster, number));
        [Self::Fargate, Self::FargateSpot]
            .into_iter()
            .chain(Self::for_ec2(cluster))
            .chain(managed)
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Fargate => "FARGATE".to_owned(),
            Self::FargateSpot => "FARGATE_SPOT".to_owned(),
            Self::Group(number) => format!("asg-{number:02}"),
            Self::Managed(cluster, number) => format!("managed-{cluster:03}-{number:02}"),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    capacity_providers: Vec<String>,
    cluster: Option<String>,
    include: Vec<String>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn describe(call: &Call<'_>) -> Result<Answer, ApiError> {
    let parameters: Parameters = call.parameters()?;
    let Parameters {
        capacity_providers: names,
        cluster,
        include,
        ..
    } = &parameters;
    for section in include {
        check_enum("include", Some(section), &["TAGS"])?;
    }
    if names.len() > 100 {
        let message = "capacityProviders can have at most 100 items.";
        return Err(ApiError::invalid(message));
    }
    let all = all(call, cluster.as_deref())?;
    let find = |named: &String| {
        let name = call.place.resource("capacity-provider", named);
        all.iter()
            .copied()
            .find(|it| Some(it.name().as_str()) == name)
    };
    let found: Vec<Provider> = match names.as_slice() {
        [] => all.clone(),
        names => names.iter().filter_map(find).collect(),
    };
    let missing = names.iter().filter(|named| find(named).is_none());
    let failures: Vec<String> = missing.map(|named| failure(call, named)).collect();
    let paged = Paged {
        member: "capacityProviders",
        positions: 0..found.len() as u64,
        wanted: at_most_ten(parameters.max_results)?,
        token: parameters.next_token.as_deref(),
        request: format!(
            "DescribeCapacityProviders {} {names:?} {cluster:?} {include:?}",
            call.place.key
        ),
        element_at: |position| {
            let provider = found[position as usize];
            Some(render(call, provider, includes(include, "TAGS")))
        },
    };
    let Page { body, items, token } = paged.page(call)?;
    let failures = failures.join(",");
    let body = format!(
        "{body},\"failures\":[{failures}]{}}}",
        next_token("nextToken", token)
    );
    Ok(Answer { body, items })
}

/// The providers of a cluster alone, or those of the Region.
fn all(call: &Call<'_>, cluster: Option<&str>) -> Result<Vec<Provider>, ApiError> {
    let Some(named) = cluster else {
        let positions = 0..count_of_region(call.place);
        return Ok(positions.map(Provider::of_region).collect());
    };
    let cluster = call.cluster(Some(named))?;
    let numbers = 0..count_of_cluster(cluster);
    Ok(numbers
        .map(|number| Provider::Managed(cluster, number))
        .collect())
}

fn failure(call: &Call<'_>, named: &str) -> String {
    let arn = failed_arn(call, "capacity-provider", named);
    serde_json::json!({ "arn": arn, "reason": "MISSING" }).to_string()
}

fn render(call: &Call<'_>, provider: Provider, tags_asked: bool) -> impl Display {
    let place = call.place;
    let name = provider.name();
    fmt::from_fn(move |f| {
        let (kind, status, of_kind) = match provider {
            Provider::Fargate => ("FARGATE", "ACTIVE", String::new()),
            Provider::FargateSpot => ("FARGATE_SPOT", "ACTIVE", String::new()),
            Provider::Group(number) => {
                let status = if number == 10 { "INACTIVE" } else { "ACTIVE" };
                ("EC2_AUTOSCALING", status, of_group(place, number))
            }
            Provider::Managed(cluster, number) => {
                let status = ["ACTIVE", "PROVISIONING"][usize::from(number == 9)];
                (
                    "MANAGED_INSTANCES",
                    status,
                    of_managed(place, cluster, number),
                )
            }
        };
        // AWS's own providers cannot be tagged.
        let (tagged, index) = match provider {
            Provider::Fargate | Provider::FargateSpot => (false, 0),
            Provider::Group(number) => (tags_asked, number),
            Provider::Managed(cluster, number) => (tags_asked, 16 + cluster * 16 + number),
        };
        write!(
            f,
            "{{\"capacityProviderArn\":\"{arn}\",\"name\":\"{name}\",\"status\":\"{status}\",\
             {of_kind}\"tags\":{tags},\"type\":\"{kind}\"}}",
            arn = place.arn(format_args!("capacity-provider/{name}")),
            tags = tags(call, tagged, index, &name, None),
        )
    })
}

fn of_group(place: &Place, number: u64) -> String {
    let Place {
        partition,
        region,
        account,
        ..
    } = place;
    let on_off = |is_on: bool| if is_on { "ENABLED" } else { "DISABLED" };
    let scaling = on_off(number % 3 != 2);
    // Providers that are older than the member have none.
    let draining = (number % 4 != 3).then(|| format!("\"{}\"", on_off(number.is_multiple_of(2))));
    let update = (number == 5).then_some(
        "\"updateStatus\":\"UPDATE_FAILED\",\"updateStatusReason\":\"No scaling plan\",",
    );
    format!(
        "\"autoScalingGroupProvider\":{{\"autoScalingGroupArn\":\
         \"arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:{id}\
         :autoScalingGroupName/asg-{number:02}\",\"managedScaling\":{{\"status\":\"{scaling}\",\
         \"targetCapacity\":100,\"minimumScalingStepSize\":1,\"maximumScalingStepSize\":10000,\
         \"instanceWarmupPeriod\":300}},{draining}\"managedTerminationProtection\":\
         \"{protection}\"}},{update}",
        id = uuid(place, 82, number),
        draining = member("managedDraining", draining),
        protection = on_off(number.is_multiple_of(2) && number % 3 != 2),
        update = update.unwrap_or_default(),
    )
}

fn of_managed(place: &Place, cluster: u64, number: u64) -> String {
    let (partition, account) = (place.partition, &place.account);
    // A template that says nothing leaves the member out.
    let fips = [Some(true), None, Some(false)][(number % 3) as usize];
    let option = ["ON_DEMAND", "SPOT"][(number % 2) as usize];
    format!(
        "\"cluster\":\"{cluster_arn}\",\"managedInstancesProvider\":{{\
         \"infrastructureRoleArn\":\"arn:{partition}:iam::{account}:role/ecsInfrastructureRole\",\
         \"instanceLaunchTemplate\":{{\"ec2InstanceProfileArn\":\
         \"arn:{partition}:iam::{account}:instance-profile/ecsInstanceRole\",\
         \"networkConfiguration\":{{\"subnets\":[\"subnet-{subnet:017x}\"],\"securityGroups\":[]}},\
         \"storageConfiguration\":{{\"storageSizeGiB\":80}},\"monitoring\":\"BASIC\",\
         {fips}\"capacityOptionType\":\"{option}\"}},\"propagateTags\":\"NONE\"}},",
        cluster_arn = place.arn(format_args!("cluster/{}", place.cluster_name(cluster))),
        subnet = place.hash(83, cluster) >> 4,
        fips = member("fipsEnabled", fips),
    )
}

#[cfg(test)]
mod tests;
