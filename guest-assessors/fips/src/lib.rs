//! What FIPS.1 and FIPS.2 share: whether Fargate and managed instances run something in FIPS mode. Only the
//! platform is judged; nothing is known of the cryptography inside an image.
//!
//! AWS offers FIPS mode on Fargate in GovCloud alone, on Linux and x86_64 from platform version 1.4.0 on, where the
//! account setting `fargateFIPSMode` is enabled.

mod fargate;
mod outcome;
mod records;

pub use outcome::{Answer, Outcome, verdict};
pub use records::{Definition, Provider, Setting, Unit, said};

use portolan_mapper_sdk::{Control, ControlSeverity, With};

/// The account setting of Fargate's FIPS mode.
pub const SETTING: &str = "fargateFIPSMode";

/// The account setting, as the sync's caller sees it.
pub const WITH_SETTING: With = With {
    name: "setting",
    object: "EcsAccountSetting",
    only: &[("NAME", &[SETTING])],
    ..With::NEW
};

/// What both controls say.
pub const CONTROL: Control = Control {
    severity: ControlSeverity::Medium,
    differences: "AWS has no control for it. It is about the platform, not about the cryptography in an image. \
        Outside GovCloud, Fargate has no FIPS mode. Of EC2 and external instances, the AMI or the host decides, which \
        ECS does not show.",
    remediation: "READY_OFF: enable fargateFIPSMode for the account, then start the tasks anew. NOT_READY: run on \
        Linux, x86_64 and platform version 1.4.0 or later. MANAGED_OFF: set fipsEnabled in the launch template of the \
        capacity provider; only instances that start afterwards use it. In a container, /proc/sys/crypto/fips_enabled \
        is 1 where it works.",
    command: "aws ecs put-account-setting-default --name fargateFIPSMode --value enabled",
    references: &[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-fips-compliance.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-account-settings.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ManagedInstances.html",
    ],
    ..Control::NEW
};

/// The condition of both controls.
pub const CONDITION: &str = "In GovCloud: on Fargate, the setting fargateFIPSMode is off (READY_OFF), or the operating \
    system is not Linux, the processor not x86_64, or the platform version older than 1.4.0 (NOT_READY); on managed \
    instances, FIPS_ENABLED of the capacity provider is false (MANAGED_OFF).";

/// What is the same for all units of a subject.
pub struct Facts<'s> {
    /// The Region.
    pub region: &'s str,
    /// The cluster.
    pub cluster: Option<&'s str>,
    /// The setting, if it was read.
    pub setting: Option<&'s Setting<'s>>,
    /// The providers that units name.
    pub providers: Vec<&'s Provider<'s>>,
    /// Why the setting may not be that under which tasks started.
    pub doubt: Option<String>,
}

impl<'s> Facts<'s> {
    /// An outcome for the launch type of a unit, or for each of its capacity providers; none if it names neither.
    pub fn judge(&self, unit: &Unit<'s>) -> Vec<Outcome<'s>> {
        let on = |name: &str, kind, provider| Outcome {
            on: name.to_owned(),
            ..self.on(unit, kind, provider)
        };
        if let Some(kind) = unit.launch_type
            // Their providers say more than this launch type.
            && (kind != MANAGED_INSTANCES || unit.providers.is_empty())
        {
            return vec![on(kind, Some(kind), None)];
        }
        let by_provider = |name: &&'s str| {
            let provider = self.provider(name);
            let kind = match *name {
                "FARGATE" | "FARGATE_SPOT" => Some(*name),
                _ => provider.and_then(|it| said(&it.r#type)),
            };
            on(name, unit.launch_type.or(kind), provider)
        };
        unit.providers.iter().map(by_provider).collect()
    }

    /// The provider of a name: one of the cluster, else one of the account.
    fn provider(&self, name: &str) -> Option<&'s Provider<'s>> {
        let all = self.providers.iter().copied();
        let named = all.filter(|it| said(&it.name) == Some(name));
        let is_of = |provider: &Provider<'_>, cluster: &str| {
            let of = said(&provider.cluster_arn);
            of.is_some_and(|of| of == cluster || Some(of) == cluster.rsplit('/').next())
        };
        let own = |it: &&Provider<'_>| self.cluster.is_some_and(|cluster| is_of(it, cluster));
        let shared = |it: &&Provider<'_>| said(&it.cluster_arn).is_none();
        named
            .clone()
            .find(own)
            .or_else(|| named.clone().find(shared))
    }

    fn on(
        &self,
        unit: &Unit<'s>,
        kind: Option<&str>,
        provider: Option<&'s Provider<'s>>,
    ) -> Outcome<'s> {
        let Some(kind) = kind else {
            let reason = "The type of the capacity provider is not known.";
            return Outcome::new(Answer::NotEvaluated, reason);
        };
        match (kind, provider) {
            ("FARGATE" | "FARGATE_SPOT", _) => self.on_fargate(unit),
            ("EC2" | "EXTERNAL" | "EC2_AUTOSCALING", _) => Outcome::new(
                Answer::Host,
                "The AMI or the host decides on FIPS mode, which ECS does not show.",
            ),
            (MANAGED_INSTANCES, Some(provider)) => self.on_managed(provider),
            (MANAGED_INSTANCES, None) => Outcome::new(
                Answer::NotEvaluated,
                "The capacity provider of the managed instances is not known.",
            ),
            (other, _) => Outcome::new(
                Answer::NotEvaluated,
                format!("Nothing is known of FIPS mode on {other}."),
            ),
        }
    }

    fn on_managed(&self, provider: &'s Provider<'s>) -> Outcome<'s> {
        // AWS documents that an absent value means on in GovCloud, and off elsewhere.
        match (provider.fips_enabled, self.is_govcloud()) {
            (Some(true), _) | (None, true) => {
                Outcome::new(Answer::ManagedOn, "Managed instances start in FIPS mode.")
            }
            (Some(false), true) => Outcome {
                evidence: vec![(&provider.uid, "FIPS_ENABLED")],
                ..Outcome::new(
                    Answer::ManagedOff,
                    "Managed instances start without FIPS mode in GovCloud.",
                )
            },
            (_, false) => Outcome::new(
                Answer::ManagedOffElsewhere,
                "Managed instances start without FIPS mode, which only GovCloud requires.",
            ),
        }
    }

    fn is_govcloud(&self) -> bool {
        self.region.starts_with("us-gov-")
    }
}

const MANAGED_INSTANCES: &str = "MANAGED_INSTANCES";
