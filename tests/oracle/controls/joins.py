"""The cases of an output: every subject with the records that go with it."""

from output import place
from verdict import Case


def of_definition(output, record):
    arn = record["TASK_DEFINITION_ARN"]
    related = {
        "containers": output.where("EcsContainerDefinition", record, TASK_DEFINITION_ARN=arn),
        "tasks": output.where("EcsTask", record, TASK_DEFINITION_ARN=arn),
        "settings": output.where("EcsAccountSetting", record),
    }
    complete = {
        "containers": output.is_complete(record, "EcsContainerDefinition"),
        "tasks": output.is_complete(record, "EcsTask"),
        "settings": output.is_complete(record, "EcsAccountSetting"),
        "TAGS": output.definition_scope(record, "EcsTaskDefinition", "tags", ("tagging-api", "describe"))
        and output.is_included(record, "EcsTaskDefinition", "TAGS"),
    }
    return related, complete


def of_service(output, record):
    arn, cluster = record["SERVICE_ARN"], record.get("CLUSTER_ARN")
    deployments = output.where("EcsDeployment", record, SERVICE_ARN=arn)
    sets = output.where("EcsTaskSet", record, SERVICE_ARN=arn)
    arns = {unit.get("TASK_DEFINITION") for unit in (record, *deployments, *sets)} - {None}
    related = {
        "cluster": output.where("EcsCluster", record, CLUSTER_ARN=cluster),
        "deployments": deployments,
        "taskSets": sets,
        "definitions": [d for arn in arns for d in output.where("EcsTaskDefinition", record, TASK_DEFINITION_ARN=arn)],
        "settings": output.where("EcsAccountSetting", record),
        "providers": output.where("EcsCapacityProvider", record),
    }
    complete = {
        "deployments": output.is_complete(record, "EcsDeployment", cluster),
        "taskSets": output.is_complete(record, "EcsTaskSet", cluster),
        "TAGS": output.is_included(record, "EcsService", "TAGS"),
    }
    return related, complete


def of_cluster(output, record):
    arn = record["CLUSTER_ARN"]
    related = {
        "services": output.where("EcsService", record, CLUSTER_ARN=arn),
        "tasks": output.where("EcsTask", record, CLUSTER_ARN=arn),
    }
    complete = {
        "services": output.is_complete(record, "EcsService", arn),
        "tasks": output.is_complete(record, "EcsTask", arn),
        "TAGS": output.is_included(record, "EcsCluster", "TAGS"),
        "CONFIGURATIONS": output.is_included(record, "EcsCluster", "CONFIGURATIONS"),
    }
    return related, complete


def of_task(output, record):
    cluster, definition = record.get("CLUSTER_ARN"), record.get("TASK_DEFINITION_ARN")
    service = output.where("EcsService", record, CLUSTER_ARN=cluster, SERVICE_NAME=record.get("SERVICE_NAME"))
    arn = service[0]["SERVICE_ARN"] if service else None
    related = {
        "definition": output.where("EcsTaskDefinition", record, TASK_DEFINITION_ARN=definition),
        "service": service,
        "deployments": output.where("EcsDeployment", record, SERVICE_ARN=arn),
        "taskContainers": output.where("EcsContainer", record, TASK_ARN=record["TASK_ARN"]),
        "settings": output.where("EcsAccountSetting", record),
        "providers": output.where("EcsCapacityProvider", record),
        "events": output.where("EcsAuditEvent", record, SETTING_NAME="fargateFIPSMode"),
    }
    complete = {
        "deployments": output.is_complete(record, "EcsDeployment", cluster),
        "taskContainers": output.is_complete(record, "EcsContainer", cluster),
        "events": output.is_complete(record, "EcsAuditEvent"),
    }
    return related, complete


JOINS = {
    "EcsTaskDefinition": of_definition,
    "EcsService": of_service,
    "EcsCluster": of_cluster,
    "EcsTask": of_task,
}


def cases(output, name, settings):
    """The cases of all subjects of this object."""
    settings = dict(settings)
    settings.setdefault("EcsAuditEvent.since", output.report.get("options", {}).get("EcsAuditEvent.since", "24h"))
    newest, referred = output.newest(), output.referred()
    for record in output.records(name):
        if name == "EcsTaskDefinition" and settings.get("revisions") != "all":
            unnumbered = "FAMILY" not in record or "REVISION" not in record
            if not unnumbered and record["UID"] not in newest and (*place(record), record["UID"]) not in referred:
                continue
        own = dict(settings)
        if name == "EcsTaskDefinition":
            scanned = output.definition_scope(record, "EcsContainerDefinition", "secrets", ("scanned",))
            own["detect-secrets"] = scanned
        related, complete = JOINS[name](output, record) if name in JOINS else ({}, {})
        yield Case(record, related, complete, own)
