use super::events::{ACCOUNT_SETTING, AUDIT_EVENT, CAPACITY_PROVIDER};
use super::parts::{CONTAINER_DEFINITION, DEPLOYMENT, TASK_CONTAINER, TASK_SET};
use portolan_page::object::Object;
use proptest::prelude::*;

/// The documented type of a member.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    Arn,
    Number,
    Flag,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    List(&'static Kind),
    Object(&'static [(&'static str, Kind)]),
}

use Kind::{Arn, Flag, List, Number, Text};

pub(super) const TAGS: Kind = List(&Kind::Object(&[("key", Text), ("value", Text)]));
pub(super) const VARIABLES: Kind = List(&Kind::Object(&[("name", Text), ("value", Text)]));

pub(super) const STRATEGY: Kind = List(&Kind::Object(&[("capacityProvider", Text)]));

const CLUSTER: &[(&str, Kind)] = &[
    ("clusterArn", Arn),
    ("clusterName", Text),
    ("status", Text),
    ("activeServicesCount", Number),
    ("pendingTasksCount", Number),
    ("runningTasksCount", Number),
    ("registeredContainerInstancesCount", Number),
    ("capacityProviders", List(&Text)),
    ("settings", VARIABLES),
    ("configuration", CONFIGURATION),
    ("defaultCapacityProviderStrategy", STRATEGY),
    ("tags", TAGS),
];

const CONFIGURATION: Kind = Kind::Object(&[
    (
        "executeCommandConfiguration",
        Kind::Object(&[
            ("kmsKeyId", Text),
            ("logging", Text),
            (
                "logConfiguration",
                Kind::Object(&[("cloudWatchLogGroupName", Text), ("s3BucketName", Text)]),
            ),
        ]),
    ),
    (
        "managedStorageConfiguration",
        Kind::Object(&[("fargateEphemeralStorageKmsKeyId", Text)]),
    ),
]);

const SERVICE: &[(&str, Kind)] = &[
    ("serviceArn", Arn),
    ("serviceName", Text),
    ("status", Text),
    ("clusterArn", Arn),
    ("taskDefinition", Arn),
    ("roleArn", Arn),
    ("launchType", Text),
    ("desiredCount", Number),
    (
        "loadBalancers",
        List(&Kind::Object(&[("targetGroupArn", Arn)])),
    ),
    ("networkConfiguration", NETWORK),
    ("capacityProviderStrategy", STRATEGY),
    ("deploymentController", Kind::Object(&[("type", Text)])),
    ("enableExecuteCommand", Flag),
    ("propagateTags", Text),
    ("createdBy", Arn),
    ("createdAt", Number),
    ("tags", TAGS),
];

pub(super) const NETWORK: Kind = Kind::Object(&[("awsvpcConfiguration", AWSVPC)]);

const AWSVPC: Kind = Kind::Object(&[
    ("assignPublicIp", Text),
    ("securityGroups", List(&Text)),
    ("subnets", List(&Text)),
]);

const TASK: &[(&str, Kind)] = &[
    ("taskArn", Arn),
    ("clusterArn", Arn),
    ("group", Text),
    ("cpu", Text),
    ("lastStatus", Text),
    ("createdAt", Number),
    ("startedAt", Number),
    ("stoppedAt", Number),
    ("containers", List(&Kind::Object(&[("image", Text)]))),
    (
        "attachments",
        List(&Kind::Object(&[("details", VARIABLES)])),
    ),
    (
        "overrides",
        Kind::Object(&[
            ("taskRoleArn", Arn),
            (
                "containerOverrides",
                List(&Kind::Object(&[("environment", VARIABLES)])),
            ),
        ]),
    ),
    ("startedBy", Text),
    ("attributes", VARIABLES),
    ("enableExecuteCommand", Flag),
    ("healthStatus", Text),
    ("stoppedReason", Text),
    ("tags", TAGS),
];

const TASK_DEFINITION: &[(&str, Kind)] = &[
    ("taskDefinitionArn", Arn),
    ("family", Text),
    ("revision", Number),
    ("status", Text),
    ("requiresCompatibilities", List(&Text)),
    ("taskRoleArn", Arn),
    ("containerDefinitions", List(&CONTAINER)),
    ("registeredAt", Number),
    ("compatibilities", List(&Text)),
    (
        "runtimePlatform",
        Kind::Object(&[("operatingSystemFamily", Text), ("cpuArchitecture", Text)]),
    ),
    ("pidMode", Text),
    ("volumes", List(&VOLUME)),
    ("enableFaultInjection", Flag),
    ("registeredBy", Arn),
    ("tags", TAGS),
];

const VOLUME: Kind = Kind::Object(&[
    ("name", Text),
    ("host", Kind::Object(&[("sourcePath", Text)])),
    (
        "efsVolumeConfiguration",
        Kind::Object(&[
            ("fileSystemId", Text),
            ("transitEncryption", Text),
            (
                "authorizationConfig",
                Kind::Object(&[("accessPointId", Text), ("iam", Text)]),
            ),
        ]),
    ),
]);

const CONTAINER_INSTANCE: &[(&str, Kind)] = &[
    ("containerInstanceArn", Arn),
    ("ec2InstanceId", Text),
    ("status", Text),
    ("runningTasksCount", Number),
    (
        "versionInfo",
        Kind::Object(&[("agentVersion", Text), ("dockerVersion", Text)]),
    ),
    ("attributes", VARIABLES),
    ("healthStatus", Kind::Object(&[("overallStatus", Text)])),
    ("registeredAt", Number),
    ("tags", TAGS),
];

const CONTAINER: Kind = Kind::Object(&[
    ("image", Text),
    ("environment", VARIABLES),
    ("secrets", List(&Kind::Object(&[("valueFrom", Arn)]))),
]);

/// The members of an object that its mapper reads, and some others.
pub(super) fn members(object: Object) -> &'static [(&'static str, Kind)] {
    match object {
        Object::EcsCluster => CLUSTER,
        Object::EcsService => SERVICE,
        Object::EcsTask => TASK,
        Object::EcsTaskDefinition => TASK_DEFINITION,
        Object::EcsContainerInstance => CONTAINER_INSTANCE,
        Object::EcsContainerDefinition => CONTAINER_DEFINITION,
        Object::EcsContainer => TASK_CONTAINER,
        Object::EcsDeployment => DEPLOYMENT,
        Object::EcsTaskSet => TASK_SET,
        Object::EcsCapacityProvider => CAPACITY_PROVIDER,
        Object::EcsAccountSetting => ACCOUNT_SETTING,
        Object::EcsAuditEvent => AUDIT_EVENT,
    }
}

/// A response that describes up to five objects, or one.
pub(super) fn body(
    member: &'static str,
    is_list: bool,
    members: &'static [(&'static str, Kind)],
) -> BoxedStrategy<String> {
    let described =
        prop_oneof![8 => fields(members, 30), 1 => Just("null".to_owned()), 1 => anything()];
    let described = match is_list {
        true => prop::collection::vec(described, 0..6)
            .prop_map(|objects| format!("[{}]", objects.join(",")))
            .boxed(),
        false => described.boxed(),
    };
    (
        described,
        prop_oneof![Just("[]".to_owned()), Just("null".to_owned()), anything()],
    )
        .prop_map(move |(described, failures)| {
            format!("{{\"failures\":{failures}, \"{member}\" :{described}}}")
        })
        .boxed()
}

/// An object with these members in their order; one in `rarity` has any value.
fn fields(members: &'static [(&'static str, Kind)], rarity: u32) -> BoxedStrategy<String> {
    let members: Vec<_> = members
        .iter()
        .map(|(name, kind)| {
            let value = prop_oneof![
                rarity => value(*kind).prop_map(Some),
                2 => Just(Some("null".to_owned())),
                2 => Just(None),
                1 => anything().prop_map(Some),
            ];
            value.prop_map(move |value| value.map(|value| format!("\"{name}\":{value}")))
        })
        .collect();
    let unknown = prop::option::weighted(
        0.3,
        anything().prop_map(|value| format!("\"unknownMember\":{value}")),
    );
    (members, unknown)
        .prop_map(|(members, unknown)| {
            let members: Vec<String> = members.into_iter().chain([unknown]).flatten().collect();
            format!("{{{}}}", members.join(" ,\n"))
        })
        .boxed()
}

fn value(kind: Kind) -> BoxedStrategy<String> {
    match kind {
        Kind::Text => text(),
        Kind::Arn => "arn:aws(-cn)?:ecs:[a-z0-9-]{1,12}:[0-9]{12}:[a-z]{1,8}/[a-zA-Z0-9_/-]{0,40}"
            .prop_map(|arn| format!("\"{arn}\""))
            .boxed(),
        Kind::Number => number(),
        Kind::OneOf(texts) => prop::sample::select(texts)
            .prop_map(|text| format!("\"{text}\""))
            .boxed(),
        Kind::Flag => any::<bool>().prop_map(|flag| flag.to_string()).boxed(),
        Kind::List(kind) => {
            let element = prop_oneof![12 => value(*kind), 1 => Just("null".to_owned())];
            prop::collection::vec(element, 0..4)
                .prop_map(|elements| format!("[{}]", elements.join(",")))
                .boxed()
        }
        Kind::Object(members) => fields(members, 60),
    }
}

fn number() -> BoxedStrategy<String> {
    prop_oneof![
        4 => (0_i64..4_000_000_000).prop_map(|number| number.to_string()),
        4 => "1\\.[0-9]{1,12}E9",
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,12})?",
    ]
    .boxed()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![
        24 => "[a-zA-Z0-9 :/._-]{0,20}".prop_map(|text| format!("\"{text}\"")),
        6 => "(é|\u{1f600}|\u{2028}|\u{7f}|\\\\n|\\\\u0000|\\\\u001b|\\\\ud83d\\\\ude00|\\\\\\\\|\\\\\"|\\\\/){1,6}"
            .prop_map(|text| format!("\"{text}\"")),
        1 => "(a|\\\\ud800|\\\\udfff){1,3}".prop_map(|text| format!("\"{text}\"")),
        2 => (1_usize..100_000).prop_map(|length| format!("\"{}\"", "x".repeat(length))),
        2 => Just("\"networkInterfaceId\"".to_owned()),
        3 => Just("\"ENABLED\"".to_owned()),
    ]
    .boxed()
}

/// Any JSON, with names that the mappers read, and deeper than a recursive reader supports.
fn anything() -> BoxedStrategy<String> {
    let name = prop::sample::select(vec![
        "tags",
        "key",
        "value",
        "environment",
        "name",
        "taskArn",
        "image",
        "",
        "\\u0065nvironment",
    ]);
    let flat = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        number(),
        text()
    ];
    let nested = flat.prop_recursive(4, 32, 4, move |inner| {
        let member =
            (name.clone(), inner.clone()).prop_map(|(name, value)| format!("\"{name}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4)
                .prop_map(|elements| format!("[{}]", elements.join(","))),
            prop::collection::vec(member, 0..4)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    });
    prop_oneof![
        20 => nested,
        1 => (1_usize..5_000).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
    ]
    .boxed()
}
