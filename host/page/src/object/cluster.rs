//! Clusters.

use super::{ActionGroup, Include, Operation, Parent, Row, Shape, Way};

pub(super) const ROW: Row = Row {
    name: "EcsCluster",
    word: "cluster",
    is_default: true,
    way: Way::ListThenDescribe {
        list: Operation::ListClusters,
        describe: Operation::DescribeClusters,
        batch: 100,
    },
    parent: Parent::Region,
    group: ActionGroup::ClusterRead,
    shape: Shape::List("clusters"),
    arn_member: "clusterArn",
    arn_attribute: "CLUSTER_ARN",
    name_and_status: ["clusterName", "status"],
    volatile: &[
        "ACTIVE_SERVICES_COUNT",
        "PENDING_TASKS_COUNT",
        "RUNNING_TASKS_COUNT",
    ],
    includes: &[
        Include::TAGS,
        Include {
            name: "SETTINGS",
            attributes: &["CONTAINER_INSIGHTS"],
        },
        Include {
            name: "CONFIGURATIONS",
            attributes: &[
                "EXECUTE_COMMAND_LOGGING",
                "EXECUTE_COMMAND_KMS_KEY_ID",
                "EXECUTE_COMMAND_LOG_DESTINATIONS",
                "FARGATE_EPHEMERAL_STORAGE_KMS_KEY_ID",
            ],
        },
    ],
    beside: None,
    counters: &[],
};
