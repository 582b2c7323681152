//! The members of capacity providers, account settings and audit events.

use super::pages::Kind::{self, Arn, Flag, List, Number, Text};
use super::pages::{NETWORK, TAGS, VARIABLES};

pub(super) const CAPACITY_PROVIDER: &[(&str, Kind)] = &[
    ("capacityProviderArn", Arn),
    ("name", Text),
    ("cluster", Text),
    ("type", Text),
    ("status", Text),
    (
        "autoScalingGroupProvider",
        Kind::Object(&[
            ("autoScalingGroupArn", Arn),
            ("managedScaling", Kind::Object(&[("status", Text)])),
            ("managedTerminationProtection", Text),
            ("managedDraining", Text),
        ]),
    ),
    (
        "managedInstancesProvider",
        Kind::Object(&[
            ("infrastructureRoleArn", Arn),
            (
                "instanceLaunchTemplate",
                Kind::Object(&[("fipsEnabled", Flag)]),
            ),
        ]),
    ),
    ("tags", TAGS),
];

pub(super) const ACCOUNT_SETTING: &[(&str, Kind)] = &[
    ("name", Text),
    ("value", Text),
    ("principalArn", Arn),
    ("type", Text),
    ("ownSettings", VARIABLES),
];

pub(super) const AUDIT_EVENT: &[(&str, Kind)] = &[
    ("EventId", Text),
    ("EventName", Text),
    ("EventTime", Number),
    ("Username", Text),
    ("CloudTrailEvent", EVENT),
];

const EVENT: Kind = Kind::Object(&[
    ("eventID", Text),
    ("eventName", EVENT_NAME),
    ("eventTime", Text),
    ("readOnly", Flag),
    ("errorCode", Text),
    ("userIdentity", IDENTITY),
    ("sourceIPAddress", Text),
    ("tlsDetails", Kind::Object(&[("tlsVersion", Text)])),
    ("resources", List(&Kind::Object(&[("ARN", Arn)]))),
    ("requestParameters", PARAMETERS),
    ("responseElements", RESPONSE),
]);

const EVENT_NAME: Kind = Kind::OneOf(&["RegisterTaskDefinition", "PutAccountSetting", "RunTask"]);

const IDENTITY: Kind = Kind::Object(&[
    ("type", Text),
    ("arn", Arn),
    (
        "sessionContext",
        Kind::Object(&[
            ("sessionIssuer", Kind::Object(&[("arn", Arn)])),
            ("attributes", Kind::Object(&[("mfaAuthenticated", Text)])),
        ]),
    ),
]);

const PARAMETERS: Kind = Kind::Object(&[
    ("name", Text),
    ("value", Text),
    ("cluster", Arn),
    ("service", Text),
    ("taskRoleArn", Arn),
    ("overrides", Kind::Object(&[("taskRoleArn", Arn)])),
    ("networkConfiguration", NETWORK),
    (
        "containerDefinitions",
        List(&Kind::Object(&[
            ("image", Text),
            ("privileged", Flag),
            ("environment", VARIABLES),
        ])),
    ),
    (
        "volumes",
        List(&Kind::Object(&[(
            "host",
            Kind::Object(&[("sourcePath", Text)]),
        )])),
    ),
]);

const RESPONSE: Kind = Kind::Object(&[
    ("setting", VARIABLE),
    ("cluster", Kind::Object(&[("clusterArn", Arn)])),
    ("tasks", List(&Kind::Object(&[("taskArn", Arn)]))),
    (
        "taskDefinition",
        Kind::Object(&[(
            "containerDefinitions",
            List(&Kind::Object(&[("image", Text)])),
        )]),
    ),
    ("session", Kind::Object(&[("sessionId", Text)])),
]);

const VARIABLE: Kind = Kind::Object(&[("name", Text), ("value", Text)]);
