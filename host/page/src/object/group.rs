//! The groups of actions and their buckets, as AWS publishes them.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Actions that share a token bucket in each account and Region.
///
/// Source: "Request throttling for the Amazon ECS API" in the Amazon ECS API Reference.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ActionGroup {
    /// ListClusters and DescribeClusters.
    ClusterRead,
    /// ListServices and DescribeServices.
    ServiceRead,
    /// ListTasks, DescribeTasks, ListContainerInstances and DescribeContainerInstances.
    ClusterResourceRead,
    /// ListTaskDefinitions and DescribeTaskDefinition.
    TaskDefinitionRead,
    /// DescribeCapacityProviders.
    CapacityProviderRead,
    /// ListAccountSettings.
    SettingRead,
    /// GetResources of the Resource Groups Tagging API, for which AWS publishes no bucket.
    TagRead,
    /// LookupEvents of AWS CloudTrail.
    EventRead,
}

/// A token bucket: each call takes a token, and waits if the bucket is empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Tokens in a full bucket.
    pub burst: f64,
    /// Tokens added per second.
    pub refill_per_second: f64,
}

impl ActionGroup {
    /// Every group, in the order of the objects.
    pub const ALL: [Self; 8] = [
        Self::ClusterRead,
        Self::ServiceRead,
        Self::ClusterResourceRead,
        Self::TaskDefinitionRead,
        Self::CapacityProviderRead,
        Self::SettingRead,
        Self::TagRead,
        Self::EventRead,
    ];

    /// The name in reports, for example `task-definition-read`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClusterRead => "cluster-read",
            Self::ServiceRead => "service-read",
            Self::ClusterResourceRead => "cluster-resource-read",
            Self::TaskDefinitionRead => "task-definition-read",
            Self::CapacityProviderRead => "capacity-provider-read",
            Self::SettingRead => "setting-read",
            Self::TagRead => "tag-read",
            Self::EventRead => "event-read",
        }
    }

    /// The bucket that AWS publishes. AWS Support may raise it for an account; no API reports that.
    #[must_use]
    pub const fn bucket(self) -> Bucket {
        let (burst, refill_per_second) = match self {
            Self::ClusterRead
            | Self::TaskDefinitionRead
            | Self::CapacityProviderRead
            | Self::SettingRead => (50.0, 20.0),
            Self::ServiceRead | Self::ClusterResourceRead => (100.0, 20.0),
            // A guess below half of what other read operations have; a throttle lowers it.
            Self::TagRead => (10.0, 10.0),
            // <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>
            Self::EventRead => (2.0, 2.0),
        };
        Bucket {
            burst,
            refill_per_second,
        }
    }
}

impl fmt::Display for ActionGroup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Bucket {
    /// The part of the bucket for a client with this share, which is above 0.0 and at most 1.0.
    #[must_use]
    pub fn share(self, share: f64) -> Self {
        Self {
            burst: self.burst * share,
            refill_per_second: self.refill_per_second * share,
        }
    }

    /// The least time for this number of calls, starting with a full bucket.
    #[must_use]
    pub fn floor(self, calls: u64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a sync makes far fewer calls than 2^52"
        )]
        let beyond_burst = (calls as f64 - self.burst).max(0.0);
        Duration::from_secs_f64(beyond_burst / self.refill_per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_is_the_time_beyond_the_burst() {
        let bucket = ActionGroup::TaskDefinitionRead.bucket();
        assert_eq!(bucket.floor(50), Duration::ZERO);
        assert_eq!(bucket.floor(5_050), Duration::from_secs(250));
        assert_eq!(
            bucket.share(0.9).floor(5_045).as_millis(),
            5_000 * 1_000 / 18
        );
    }
}
