//! The misbehaviour of the simulator: latency, faults, denials, vanishing objects, throttling.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::operation::{is_ecs, is_paged};

/// An account and Region; `None` stands for all.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// A 12-digit account id.
    pub account: Option<String>,
    /// A Region such as `us-east-1`.
    pub region: Option<String>,
}

impl Scope {
    pub(super) fn covers(&self, account: &str, region: &str) -> bool {
        self.account.as_deref().is_none_or(|it| it == account)
            && self.region.as_deref().is_none_or(|it| it == region)
    }
}

/// A fault of one answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// HTTP 500 `InternalFailure`, with AWS's body.
    InternalFailure,
    /// `ThrottlingException` although the bucket is not empty.
    Throttling,
    /// `AccessDeniedException`, as of a policy that changes.
    AccessDenied,
    /// The connection is closed without an answer.
    ConnectionReset,
    /// A complete answer, by its `content-length`, whose JSON breaks off in the middle.
    TruncatedBody,
    /// A complete answer, by its `content-length`, of JSON that breaks off in the middle.
    CutJson,
    /// Status 200 with a page of HTML, as captive proxies send it.
    Html,
    /// The body stalls halfway for this long, then goes on.
    SlowBody(Duration),
    /// Status 200 with the body `{}`.
    EmptyObject,
    /// An operation with pages answers nothing, but a token that continues where this page would have begun.
    EmptyPage,
    /// An operation with pages answers the token of its own request.
    RepeatedToken,
    /// A member of the first object of a Describe has a type other than ECS's; the first ARN of a List is a
    /// number.
    WrongType,
    /// The member that holds the answer of an operation is null.
    NullMember,
    /// A Describe returns its first object twice.
    RepeatedObject,
    /// A Describe returns its first object twice, with a member of a wrong type.
    RepeatedWrongType,
    /// A Describe leaves out its last object, without a failure for it.
    DroppedObject,
    /// The container definitions of a revision have a member `secretSuspects`, which is Portolan's own.
    ForeignSuspects,
    /// White space without end.
    EndlessBody,
}

impl Fault {
    /// Whether only an operation with pages can have this fault.
    pub(super) fn is_about_pages(&self) -> bool {
        matches!(self, Self::EmptyPage | Self::RepeatedToken)
    }
}

/// The frequency of a [`FaultRule`].
#[derive(Clone, Debug)]
pub enum Frequency {
    /// A share of the calls, 0.0 to 1.0, drawn from the world's seed.
    Rate(f64),
    /// This number of calls from now on.
    Next(u32),
}

impl Frequency {
    fn strikes(&mut self, random: &mut fastrand::Rng) -> bool {
        match self {
            Self::Rate(rate) => random.f64() < *rate,
            Self::Next(0) => false,
            Self::Next(left) => {
                *left -= 1;
                true
            }
        }
    }
}

/// One fault, for one operation or for all.
#[derive(Clone, Debug)]
pub struct FaultRule {
    /// The operation, such as `DescribeTasks` or `AssumeRole`; `None` stands for every ECS operation.
    pub operation: Option<String>,
    /// The fault of each affected call.
    pub fault: Fault,
    /// The frequency of the fault.
    pub frequency: Frequency,
}

impl FaultRule {
    /// The next `count` calls of `operation` get the fault.
    pub fn next(operation: &str, fault: Fault, count: u32) -> Self {
        Self {
            operation: Some(operation.to_owned()),
            fault,
            frequency: Frequency::Next(count),
        }
    }

    /// A share (0.0 to 1.0) of all ECS calls gets the fault.
    pub fn rate(fault: Fault, rate: f64) -> Self {
        Self {
            operation: None,
            fault,
            frequency: Frequency::Rate(rate),
        }
    }
}

/// Calls that are answered with `AccessDeniedException`.
#[derive(Clone, Debug, Default)]
pub struct Denial {
    /// Account and Region of the denied calls.
    pub scope: Scope,
    /// The operation; `None` stands for every ECS operation.
    pub operation: Option<String>,
}

/// An object that is listed, but missing when it is described. Numbers are indexes from 0.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vanishing {
    /// MISSING from DescribeClusters; `ClusterNotFoundException` for everything inside.
    Cluster(u64),
    /// MISSING from DescribeServices; its tasks remain.
    Service(u64),
    /// A running task that is MISSING from DescribeTasks.
    Task(u64),
    /// A running task that is neither among `tasks` nor among `failures`.
    TaskWithoutTrace(u64),
    /// A revision (they count from 1) that DescribeTaskDefinition refuses.
    TaskDefinition {
        /// The family's index.
        family: u64,
        /// The revision, from 1.
        revision: u64,
    },
}

/// Objects vanish between List and Describe.
#[derive(Clone, Debug)]
pub struct VanishRule {
    /// Account and Region of the object.
    pub scope: Scope,
    /// The object that vanishes.
    pub object: Vanishing,
}

/// AWS's published token buckets.
#[derive(Clone, Debug, Default)]
pub struct Throttling {
    /// The share (0.0 to 1.0) of every bucket's refill that other clients of the account take.
    pub other_clients_share: f64,
}

/// The settings that can change while the simulator runs. The default is an AWS without faults.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Least time of every answer.
    pub latency: Duration,
    /// Faults. If several apply to a call, the first one counts.
    pub faults: Vec<FaultRule>,
    /// Refused operations.
    pub denials: Vec<Denial>,
    /// Objects that are listed but gone.
    pub vanished: Vec<VanishRule>,
    /// Places whose ECS calls are never answered: the connection is closed.
    pub outages: Vec<Scope>,
    /// Places whose ECS calls are answered this much later.
    pub slow: Vec<(Scope, Duration)>,
    /// Token buckets, or no throttling at all.
    pub throttling: Option<Throttling>,
    /// Lifetime of a `nextToken`; `None` is for ever.
    pub token_lifetime: Option<Duration>,
    /// Lifetime of temporary credentials, whatever duration the request has.
    pub session_lifetime: Option<Duration>,
    /// Time after which temporary credentials are refused, whatever their expiration.
    pub sessions_end_early: Option<Duration>,
    /// Long-lived access key ids that are refused as expired.
    pub retired_access_keys: Vec<String>,
    /// Number of ECS calls after which a task stops or, in turn, a new one starts.
    pub calls_per_change: Option<u64>,
    /// Number of ECS calls after which, in turn, a service is created, the first one is deleted, a family is
    /// registered, the oldest ACTIVE revision of the next family is deregistered, and a stopped task is no
    /// longer listed.
    pub calls_per_deployment: Option<u64>,
    /// New value of the tag `team` of every object that has this tag.
    pub team: Option<String>,
    /// Seconds that AWS's clock is ahead of this machine's; negative if it is behind. Signatures, sessions, events
    /// and the `date` header go by AWS's clock.
    pub clock_offset_seconds: i64,
    /// Names of account settings with new values, in all places.
    pub settings: BTreeMap<String, String>,
    /// The share (0.0 to 1.0) of tagged ACTIVE revisions that GetResources does not know yet.
    pub tag_lag: f64,
    /// Answers in place of the world's, whatever the request: by operation, or by operation, blank and a text that
    /// the request has. The longest key that fits counts.
    pub answers: BTreeMap<String, Value>,
}

impl Rules {
    /// The fault of this call, if one is due. It counts down the rules for "the next N calls".
    pub(super) fn draw_fault(
        &mut self,
        operation: &str,
        random: &mut fastrand::Rng,
    ) -> Option<Fault> {
        let paged = is_paged(operation);
        let mut due = self.faults.iter_mut().filter(|rule| {
            (paged || !rule.fault.is_about_pages()) && applies(rule.operation.as_deref(), operation)
        });
        due.find_map(|rule| rule.frequency.strikes(random).then(|| rule.fault.clone()))
    }

    /// The answer in place of the world's.
    pub(super) fn answer(&self, operation: &str, request: &[u8]) -> Option<&Value> {
        let request = String::from_utf8_lossy(request);
        let fits = |key: &str| match key.split_once(' ') {
            Some((name, text)) => name == operation && request.contains(text),
            None => key == operation,
        };
        let fitting = self.answers.iter().filter(|(key, _)| fits(key));
        Some(fitting.max_by_key(|(key, _)| key.len())?.1)
    }

    /// The fault of every call to a place.
    pub(super) fn fault_of(&self, account: &str, region: &str) -> Option<Fault> {
        if self.outages.iter().any(|it| it.covers(account, region)) {
            return Some(Fault::ConnectionReset);
        }
        let slow = self.slow.iter().find(|it| it.0.covers(account, region));
        slow.map(|(_, pause)| Fault::SlowBody(*pause))
    }

    pub(super) fn denies(&self, operation: &str, account: &str, region: &str) -> bool {
        self.denials.iter().any(|denial| {
            denial.scope.covers(account, region) && applies(denial.operation.as_deref(), operation)
        })
    }

    /// The objects that have vanished in one account and Region.
    pub(super) fn vanished_in<'r>(
        &'r self,
        account: &'r str,
        region: &'r str,
    ) -> impl Iterator<Item = &'r Vanishing> {
        self.vanished
            .iter()
            .filter(move |rule| rule.scope.covers(account, region))
            .map(|rule| &rule.object)
    }
}

/// Whether a rule for the operation `ruled`, or for all of ECS, applies to `operation`.
fn applies(ruled: Option<&str>, operation: &str) -> bool {
    ruled.map_or_else(|| is_ecs(operation), |ruled| ruled == operation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_calls_fail_and_no_others() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut rules = Rules::default();
        rules
            .faults
            .push(FaultRule::next("ListTasks", Fault::Html, 2));
        let mut draw = |operation| rules.draw_fault(operation, &mut random);
        assert_eq!(draw("DescribeTasks"), None);
        assert_eq!(draw("ListTasks"), Some(Fault::Html));
        assert_eq!(draw("ListTasks"), Some(Fault::Html));
        assert_eq!(draw("ListTasks"), None);
    }

    #[test]
    fn a_rate_is_kept_over_many_calls() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut rules = Rules::default();
        rules.faults.push(FaultRule::rate(Fault::Throttling, 0.25));
        let hits = (0..4_000)
            .filter(|_| rules.draw_fault("ListTasks", &mut random).is_some())
            .count();
        assert!((900..1_100).contains(&hits), "{hits} of 4,000");
    }

    #[test]
    fn a_denial_covers_its_scope_only() {
        let rules = Rules {
            denials: vec![Denial {
                scope: Scope {
                    account: Some("111111111111".to_owned()),
                    region: None,
                },
                operation: Some("ListServices".to_owned()),
            }],
            ..Rules::default()
        };
        assert!(rules.denies("ListServices", "111111111111", "eu-west-1"));
        assert!(!rules.denies("ListServices", "222222222222", "eu-west-1"));
        assert!(!rules.denies("ListTasks", "111111111111", "eu-west-1"));
    }
}
