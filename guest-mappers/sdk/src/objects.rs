// Printed from the rows of the host by `make schemas`.

use crate::Body;

/// The connector objects, and where a page keeps them.
pub const OBJECTS: &[(&str, Body)] = &[
    ("EcsCluster", Body::List("clusters")),
    ("EcsService", Body::List("services")),
    ("EcsTask", Body::List("tasks")),
    ("EcsTaskDefinition", Body::One("taskDefinition")),
    ("EcsContainerInstance", Body::List("containerInstances")),
    ("EcsCapacityProvider", Body::List("capacityProviders")),
    ("EcsAccountSetting", Body::List("settings")),
    ("EcsAuditEvent", Body::List("Events")),
    ("EcsContainerDefinition", Body::List("containerDefinitions")),
    ("EcsContainer", Body::List("containers")),
    ("EcsDeployment", Body::List("deployments")),
    ("EcsTaskSet", Body::List("taskSets")),
];
