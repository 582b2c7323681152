//! The published token buckets of ECS and CloudTrail, one per account, Region and group of actions.

use std::collections::HashMap;
use std::time::Duration;

/// A group of actions that share a bucket, with the bucket's size and refill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) name: &'static str,
    burst: f64,
    refill_per_second: f64,
}

/// ECS refills every bucket for reads alike.
const fn group(name: &'static str, burst: f64) -> Group {
    Group {
        name,
        burst,
        refill_per_second: 20.0,
    }
}

pub(super) const CLUSTER_READ: Group = group("cluster read", 50.0);
pub(super) const SERVICE_READ: Group = group("service read", 100.0);
pub(super) const CLUSTER_RESOURCE_READ: Group = group("cluster resource read", 100.0);
pub(super) const TASK_DEFINITION_READ: Group = group("task definition read", 50.0);
pub(super) const CAPACITY_PROVIDER_READ: Group = group("capacity provider read", 50.0);
pub(super) const SETTING_READ: Group = group("setting read", 50.0);
/// CloudTrail's LookupEvents.
pub(super) const EVENT_LOOKUP: Group = Group {
    name: "event lookup",
    burst: 2.0,
    refill_per_second: 2.0,
};

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Duration,
}

/// All buckets; each starts full.
#[derive(Debug, Default)]
pub(super) struct Buckets(HashMap<(String, String, &'static str), Bucket>);

impl Buckets {
    /// Takes a token, or returns that there is none; `now` counts from the simulator's start.
    ///
    /// Other clients use `other_clients_share` of the refill, 0.0 to 1.0.
    pub(super) fn take(
        &mut self,
        (account, region): (&str, &str),
        group: Group,
        now: Duration,
        other_clients_share: f64,
    ) -> bool {
        let key = (account.to_owned(), region.to_owned(), group.name);
        let bucket = self.0.entry(key).or_insert(Bucket {
            tokens: group.burst,
            filled_at: now,
        });
        let elapsed = now.saturating_sub(bucket.filled_at).as_secs_f64();
        let refill =
            elapsed * group.refill_per_second * (1.0 - other_clients_share.clamp(0.0, 1.0));
        bucket.tokens = (bucket.tokens + refill).min(group.burst);
        bucket.filled_at = bucket.filled_at.max(now);
        let granted = bucket.tokens >= 1.0;
        if granted {
            bucket.tokens -= 1.0;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: (&str, &str) = ("111111111111", "us-east-1");

    fn granted(buckets: &mut Buckets, place: (&str, &str), now: Duration, share: f64) -> usize {
        (0..1_000)
            .filter(|_| buckets.take(place, TASK_DEFINITION_READ, now, share))
            .count()
    }

    #[test]
    fn a_burst_is_granted_and_then_the_refill() {
        let mut buckets = Buckets::default();
        assert_eq!(granted(&mut buckets, HERE, Duration::ZERO, 0.0), 50);
        assert_eq!(granted(&mut buckets, HERE, Duration::from_secs(2), 0.0), 40);
        assert_eq!(
            granted(&mut buckets, HERE, Duration::from_secs(99), 0.0),
            50
        );
    }

    #[test]
    fn other_clients_take_their_share_of_the_refill() {
        let mut buckets = Buckets::default();
        granted(&mut buckets, HERE, Duration::ZERO, 0.75);
        assert_eq!(
            granted(&mut buckets, HERE, Duration::from_secs(2), 0.75),
            10
        );
    }

    #[test]
    fn regions_and_groups_have_their_own_buckets() {
        let mut buckets = Buckets::default();
        granted(&mut buckets, HERE, Duration::ZERO, 0.0);
        let elsewhere = ("111111111111", "eu-west-1");
        assert_eq!(granted(&mut buckets, elsewhere, Duration::ZERO, 0.0), 50);
        let others = ("222222222222", "us-east-1");
        assert_eq!(granted(&mut buckets, others, Duration::ZERO, 0.0), 50);
        assert!(buckets.take(HERE, CLUSTER_RESOURCE_READ, Duration::ZERO, 0.0));
    }
}
