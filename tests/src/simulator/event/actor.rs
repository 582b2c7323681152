//! Who called: `userIdentity` and what goes with it.

use serde_json::{Value, json};

use super::Occurrence;
use crate::simulator::clock;
use crate::simulator::place::Place;

/// Kinds of callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actor {
    User,
    Role,
    /// A role that IAM Identity Center made for a person.
    Person,
    Root,
    /// An AWS service, by itself.
    Service,
    /// CloudTrail does not know who.
    Unknown,
}

/// Role and session of those who assume one.
const DEPLOYER: (&str, &str) = ("deployer", "pipeline");
const OPERATOR: (&str, &str) = (
    "AWSReservedSSO_Operator_0123456789abcdef",
    "jane@example.com",
);

impl Actor {
    pub(super) fn of(it: &Occurrence<'_>) -> Self {
        match it.draw(20, 32) {
            0..=7 => Self::User,
            8..=19 => Self::Role,
            20..=25 => Self::Person,
            26 => Self::Root,
            27..=30 => Self::Service,
            _ => Self::Unknown,
        }
    }

    fn role(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Role => Some(DEPLOYER),
            Self::Person => Some(OPERATOR),
            _ => None,
        }
    }

    pub(super) fn user_name(self) -> Option<&'static str> {
        match self {
            Self::User => Some("jdoe"),
            Self::Root => Some("root"),
            _ => self.role().map(|(_, session)| session),
        }
    }

    /// The caller's ARN, as ECS names it in its answers.
    pub(super) fn arn(self, place: &Place) -> String {
        let (partition, account) = (place.partition, &place.account);
        match self.role() {
            Some((role, session)) => {
                format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
            }
            None if self == Self::User => format!("arn:{partition}:iam::{account}:user/jdoe"),
            None => format!("arn:{partition}:iam::{account}:root"),
        }
    }

    pub(super) fn access_key_id(self, it: &Occurrence<'_>) -> Option<String> {
        let prefix = match self {
            Self::User => "AKIA",
            Self::Role | Self::Person | Self::Root => "ASIA",
            Self::Service | Self::Unknown => return None,
        };
        Some(format!("{prefix}{:016X}", it.draw(21, 64)))
    }

    pub(super) fn identity(self, it: &Occurrence<'_>) -> Value {
        let Place {
            partition, account, ..
        } = it.place;
        let key = self.access_key_id(it);
        match self {
            Self::Unknown => Value::Null,
            Self::Service => json!({ "type": "AWSService", "invokedBy": self.agent() }),
            Self::User => json!({
                "type": "IAMUser",
                "principalId": "AIDAIV5AJI5LXF5EXAMPLE",
                "arn": self.arn(it.place),
                "accountId": account,
                "accessKeyId": key,
                "userName": "jdoe",
            }),
            Self::Root => json!({
                "type": "Root",
                "principalId": account,
                "arn": self.arn(it.place),
                "accountId": account,
                "accessKeyId": key,
                "sessionContext": { "attributes": self.attributes(it) },
            }),
            Self::Role | Self::Person => {
                let (role, session) = self.role().unwrap_or(DEPLOYER);
                let mut identity = json!({
                    "type": "AssumedRole",
                    "principalId": format!("AROA3XFRBF535EXAMPLE0:{session}"),
                    "arn": self.arn(it.place),
                    "accountId": account,
                    "accessKeyId": key,
                    "sessionContext": {
                        "sessionIssuer": {
                            "type": "Role",
                            "principalId": "AROA3XFRBF535EXAMPLE0",
                            "arn": format!("arn:{partition}:iam::{account}:role/{role}"),
                            "accountId": account,
                            "userName": role,
                        },
                        "webIdFederationData": {},
                        "attributes": self.attributes(it),
                    },
                });
                if self == Self::Person {
                    identity["onBehalfOf"] = json!({
                        "userId": "92676ab08c-5f1d-4c1e-9a52-000000000001",
                        "identityStoreArn":
                            format!("arn:{partition}:identitystore::{account}:identitystore/d-9067642ac7"),
                    });
                } else if it.draw(22, 4) == 0 {
                    identity["invokedBy"] = "cloudformation.amazonaws.com".into();
                }
                identity
            }
        }
    }

    fn attributes(self, it: &Occurrence<'_>) -> Value {
        let with_mfa = self != Self::Role;
        json!({
            "creationDate": clock::rfc3339(clock::of_seconds(it.time() - 900)),
            "mfaAuthenticated": with_mfa.to_string(),
        })
    }

    /// An address, or the name of the service that calls.
    pub(super) fn address(self, it: &Occurrence<'_>) -> String {
        match self {
            Self::Service => self.agent().to_owned(),
            _ => format!("203.0.113.{}", it.draw(23, 256)),
        }
    }

    pub(super) fn agent(self) -> &'static str {
        match self {
            Self::Service => "autoscaling.amazonaws.com",
            Self::User | Self::Unknown => {
                "aws-cli/2.9.8 Python/3.9.11 Windows/10 exe/AMD64 prompt/off"
            }
            Self::Role => "APN/1.0 HashiCorp/1.0 Terraform/1.9.8",
            Self::Person | Self::Root => "Mozilla/5.0 (X11; Linux x86_64)",
        }
    }

    /// The host that the caller's client named, if CloudTrail saw TLS.
    pub(super) fn host(self, it: &Occurrence<'_>) -> Option<String> {
        let service = it.source().split('.').next().unwrap_or("ecs");
        let fips = it.pick(24, &["", "", "-fips"]);
        (self != Self::Service)
            .then(|| format!("{service}{fips}.{}.amazonaws.com", it.place.region))
    }
}
