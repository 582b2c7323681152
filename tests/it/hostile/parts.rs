//! The members of parts, as mappers get them.

use super::pages::Kind::{self, Arn, List, Number, Text};
use super::pages::{NETWORK, STRATEGY, TAGS, VARIABLES};

pub(super) const CONTAINER_DEFINITION: &[(&str, Kind)] = &[
    (
        "containerDefinition",
        Kind::Object(&[
            ("name", Text),
            ("image", Text),
            ("memory", Number),
            ("environment", VARIABLES),
            ("secrets", VARIABLES),
            (
                "portMappings",
                List(&Kind::Object(&[
                    ("containerPort", Number),
                    ("hostPort", Number),
                ])),
            ),
            (
                "mountPoints",
                List(&Kind::Object(&[("sourceVolume", Text)])),
            ),
            ("healthCheck", Kind::Object(&[("command", List(&Text))])),
        ]),
    ),
    (
        "taskDefinition",
        Kind::Object(&[
            ("taskDefinitionArn", Arn),
            ("family", Text),
            (
                "volumes",
                List(&Kind::Object(&[
                    ("name", Text),
                    ("host", Kind::Object(&[("sourcePath", Text)])),
                ])),
            ),
        ]),
    ),
    ("position", Number),
];

pub(super) const TASK_CONTAINER: &[(&str, Kind)] = &[
    (
        "container",
        Kind::Object(&[
            ("containerArn", Arn),
            ("name", Text),
            ("lastStatus", Text),
            ("exitCode", Number),
            (
                "networkBindings",
                List(&Kind::Object(&[("hostPort", Number)])),
            ),
            (
                "networkInterfaces",
                List(&Kind::Object(&[
                    ("privateIpv4Address", Text),
                    ("ipv6Address", Text),
                ])),
            ),
            (
                "managedAgents",
                List(&Kind::Object(&[("name", Text), ("lastStatus", Text)])),
            ),
        ]),
    ),
    (
        "task",
        Kind::Object(&[("taskArn", Arn), ("clusterArn", Arn), ("group", Text)]),
    ),
];

const OF_SERVICE: Kind = Kind::Object(&[("serviceArn", Arn), ("clusterArn", Arn)]);

pub(super) const DEPLOYMENT: &[(&str, Kind)] = &[
    (
        "deployment",
        Kind::Object(&[
            ("id", Text),
            ("status", Text),
            ("failedTasks", Number),
            ("capacityProviderStrategy", STRATEGY),
            ("networkConfiguration", NETWORK),
            ("createdAt", Number),
        ]),
    ),
    ("service", OF_SERVICE),
];

pub(super) const TASK_SET: &[(&str, Kind)] = &[
    (
        "taskSet",
        Kind::Object(&[
            ("id", Text),
            ("taskSetArn", Arn),
            ("serviceArn", Arn),
            ("clusterArn", Arn),
            ("computedDesiredCount", Number),
            ("capacityProviderStrategy", STRATEGY),
            ("networkConfiguration", NETWORK),
            (
                "loadBalancers",
                List(&Kind::Object(&[("targetGroupArn", Arn)])),
            ),
            ("updatedAt", Number),
            ("tags", TAGS),
        ]),
    ),
    ("service", OF_SERVICE),
];
