"""Prints what a moto server holds, as JSON: the ground truth of the moto tests.

An independent listing with plain boto3 that shares no code with the host. The
output is a list with one object for each account and Region; every member but
the first two and the last is a sorted list of ARNs:

    account, region
    clusters, services                  every one that is listed, whatever its status
    inactive_clusters, inactive_services  those of them whose status is INACTIVE
    running_tasks, stopped_tasks
    active_task_definitions, inactive_task_definitions
    container_instances                 every one that is listed, whatever its status
    account_settings                    the UIDs of those that apply
    described                           by object and ARN, attributes as a record is to
                                        have them; null for those that it is not to have

moto is not ECS. These are the decisions where the two differ:

* moto's ListTasks without a desired status returns running and stopped tasks
  together, ECS only the running ones. Both lists are therefore asked for by
  name, and a task that appears in both is an error rather than a choice.
* moto keeps deleted clusters and services in its lists for ever, as INACTIVE.
  They count as listed, because a client has to account for every listed
  object; the two `inactive_` lists name them.
* moto matches cluster names by substring. ARNs are collected in sets, and an
  object that turns up in the list of a cluster that it does not belong to is
  an error: the names in the world have to be chosen so that it cannot happen.
* moto does not page. The paginators are used all the same.
* moto lists no container instances of an unknown cluster, where ECS answers
  with an error, and answers DescribeContainerInstances with a 500 for a cluster
  that never had any. Only listed instances are described.
* moto's container instances have no tags, health, status reason, capacity
  provider or ecs.cpu-architecture, and are gone once deregistered. Of the rest,
  the members that distinguish instances are compared.

* moto's account settings have a name and a value, and every one that applies is
  the caller's own. They have no ARN; the UID that their records are to have is
  made. moto refuses DescribeCapacityProviders without names, and has no event
  history: capacity providers and audit events are tried with the simulator.

* moto knows neither who created or registered something nor fault injection,
  gives settings and configurations unasked, and has no task attributes.

Of task definitions some are described. Tasks are not: DescribeTasks would move
moto's tasks towards STOPPED unless populate.py has pinned them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

from world import ACCOUNTS, REGIONS, session_for

DESCRIBE_CLUSTERS_MAX = 100
DESCRIBE_SERVICES_MAX = 10
DESCRIBE_CONTAINER_INSTANCES_MAX = 100
DESCRIBED_TASK_DEFINITIONS = 20
"""How many of each status are described, one in a call."""


def listed(ecs: Any, operation: str, member: str, **parameters: str) -> set[str]:
    """The ARNs in `member` of every page of a List operation."""
    pages = ecs.get_paginator(operation).paginate(**parameters)
    return {arn for page in pages for arn in page[member]}


def batches(arns: Iterable[str], size: int) -> Iterator[list[str]]:
    """`arns` in lists of at most `size`."""
    ordered = sorted(arns)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def check_cluster(arns: set[str], cluster_arn: str) -> None:
    """Fails where moto's substring match has let in another cluster's objects."""
    name = cluster_arn.rsplit("/", 1)[1]
    strangers = sorted(arn for arn in arns if f"/{name}/" not in arn)
    if strangers:
        raise ValueError(
            f"moto lists {strangers[0]} under cluster {name}: "
            "no cluster name may be part of another object's ARN"
        )


def inactive(described: list[dict[str, Any]], arn_member: str) -> set[str]:
    """The ARNs of the described objects that are INACTIVE."""
    return {one[arn_member] for one in described if one["status"] == "INACTIVE"}


def clusters_of(ecs: Any, arns: set[str]) -> list[dict[str, Any]]:
    """What moto says of clusters."""
    include = ["SETTINGS", "CONFIGURATIONS"]
    found: list[dict[str, Any]] = []
    for batch in batches(arns, DESCRIBE_CLUSTERS_MAX):
        found += ecs.describe_clusters(clusters=batch, include=include)["clusters"]
    return found


def services_of(ecs: Any, cluster: str, arns: set[str]) -> list[dict[str, Any]]:
    """What moto says of services."""
    found: list[dict[str, Any]] = []
    for batch in batches(arns, DESCRIBE_SERVICES_MAX):
        found += ecs.describe_services(cluster=cluster, services=batch)["services"]
    return found


def task_definitions_of(ecs: Any, arns: set[str]) -> list[dict[str, Any]]:
    """What moto says of some task definitions, with their tags inside."""
    found: list[dict[str, Any]] = []
    for arn in sorted(arns)[:DESCRIBED_TASK_DEFINITIONS]:
        answer = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        found.append(answer["taskDefinition"] | {"tags": answer.get("tags")})
    return found


def cluster_attributes(one: dict[str, Any]) -> dict[str, Any]:
    """What a record has of a cluster."""
    settings = {each["name"]: each["value"] for each in one.get("settings", [])}
    configuration = one.get("configuration", {})
    execute = configuration.get("executeCommandConfiguration", {})
    log = execute.get("logConfiguration", {})
    destinations = [log.get("cloudWatchLogGroupName"), log.get("s3BucketName")]
    strategy = one.get("defaultCapacityProviderStrategy", [])
    return {
        "CONTAINER_INSIGHTS": settings.get("containerInsights"),
        "EXECUTE_COMMAND_LOGGING": execute.get("logging"),
        "EXECUTE_COMMAND_KMS_KEY_ID": execute.get("kmsKeyId"),
        "EXECUTE_COMMAND_LOG_DESTINATIONS": [it for it in destinations if it] or None,
        "DEFAULT_CAPACITY_PROVIDERS": providers(strategy),
    }


def service_attributes(one: dict[str, Any]) -> dict[str, Any]:
    """What a record has of a service."""
    return {
        "CAPACITY_PROVIDERS": providers(one.get("capacityProviderStrategy", [])),
        "DEPLOYMENT_CONTROLLER": one.get("deploymentController", {}).get("type"),
        "EXECUTE_COMMAND_ENABLED": one.get("enableExecuteCommand"),
        "PROPAGATE_TAGS": one.get("propagateTags"),
    }


def task_definition_attributes(one: dict[str, Any]) -> dict[str, Any]:
    """What a record has of a task definition."""
    platform = one.get("runtimePlatform", {})
    paths = [each.get("host", {}).get("sourcePath") for each in one["volumes"]]
    systems = [each.get("efsVolumeConfiguration") for each in one["volumes"]]
    systems = [each for each in systems if each is not None]
    open_ones = [it for it in systems if it.get("transitEncryption") != "ENABLED"]
    return {
        "COMPATIBILITIES": one["compatibilities"],
        "OPERATING_SYSTEM_FAMILY": platform.get("operatingSystemFamily"),
        "CPU_ARCHITECTURE": platform.get("cpuArchitecture"),
        "PID_MODE": one.get("pidMode"),
        "IPC_MODE": one.get("ipcMode"),
        "HOST_PATHS": [path for path in paths if path] or None,
        "EFS_FILE_SYSTEM_IDS": [it["fileSystemId"] for it in systems] or None,
        "EFS_WITHOUT_TRANSIT_ENCRYPTION": [it["fileSystemId"] for it in open_ones]
        or None,
        "TAGS": {tag["key"]: tag["value"] for tag in one["tags"]} or None,
    }


def providers(strategy: list[dict[str, Any]]) -> list[str] | None:
    """The capacity providers of a strategy."""
    return [each["capacityProvider"] for each in strategy] or None


def in_utc(time: datetime) -> str:
    """A time as records have it."""
    text = time.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def described_instances(
    ecs: Any, cluster: str, instances: set[str]
) -> dict[str, dict[str, Any]]:
    """moto's answers about container instances, by ARN."""
    found: dict[str, dict[str, Any]] = {}
    for batch in batches(instances, DESCRIBE_CONTAINER_INSTANCES_MAX):
        answer = ecs.describe_container_instances(
            cluster=cluster, containerInstances=batch
        )
        for one in answer["containerInstances"]:
            attributes = {each["name"]: each["value"] for each in one["attributes"]}
            found[one["containerInstanceArn"]] = {
                "NAME": one["ec2InstanceId"],
                "CLUSTER_ARN": cluster,
                "EC2_INSTANCE_ID": one["ec2InstanceId"],
                "SOURCE_STATUS": one["status"],
                "AGENT_CONNECTED": one["agentConnected"],
                "RUNNING_TASKS_COUNT": one["runningTasksCount"],
                "AVAILABILITY_ZONE": attributes["ecs.availability-zone"],
                "AMI_ID": attributes["ecs.ami-id"],
                "FIRST_SEEN": in_utc(one["registeredAt"]),
            }
    if found.keys() != instances:
        raise ValueError(f"moto does not describe what it lists in {cluster}")
    return found


def truth_of(url: str, account: str, region: str) -> dict[str, Any]:
    """Everything that one account holds in one Region."""
    ecs = session_for(url, account, region).client("ecs", endpoint_url=url)
    found: dict[str, set[str]] = {
        "clusters": listed(ecs, "list_clusters", "clusterArns"),
        "services": set(),
        "inactive_services": set(),
        "running_tasks": set(),
        "stopped_tasks": set(),
        "container_instances": set(),
    }
    settings = {
        f"arn:aws:ecs:{region}:{account}:setting/{one['name']}": {
            "NAME": one["name"],
            "VALUE": one["value"],
            "IS_CALLERS_OWN": True,
        }
        for one in ecs.list_account_settings(effectiveSettings=True)["settings"]
    }
    found["account_settings"] = set(settings)
    clusters = clusters_of(ecs, found["clusters"])
    found["inactive_clusters"] = inactive(clusters, "clusterArn")
    described: dict[str, dict[str, Any]] = {
        "EcsCluster": {one["clusterArn"]: cluster_attributes(one) for one in clusters},
        "EcsService": {},
        "EcsTaskDefinition": {},
        "EcsContainerInstance": {},
        "EcsAccountSetting": settings,
    }
    for cluster in sorted(found["clusters"]):
        services = listed(ecs, "list_services", "serviceArns", cluster=cluster)
        check_cluster(services, cluster)
        found["services"] |= services
        answers = services_of(ecs, cluster, services)
        found["inactive_services"] |= inactive(answers, "serviceArn")
        described["EcsService"] |= {
            one["serviceArn"]: service_attributes(one) for one in answers
        }
        for status in ("RUNNING", "STOPPED"):
            tasks = listed(
                ecs, "list_tasks", "taskArns", cluster=cluster, desiredStatus=status
            )
            check_cluster(tasks, cluster)
            found[f"{status.lower()}_tasks"] |= tasks
        instances = listed(
            ecs, "list_container_instances", "containerInstanceArns", cluster=cluster
        )
        check_cluster(instances, cluster)
        found["container_instances"] |= instances
        described["EcsContainerInstance"] |= described_instances(
            ecs, cluster, instances
        )
    both = sorted(found["running_tasks"] & found["stopped_tasks"])
    if both:
        raise ValueError(f"moto lists {both[0]} as running and as stopped")
    for status in ("ACTIVE", "INACTIVE"):
        definitions = listed(
            ecs, "list_task_definitions", "taskDefinitionArns", status=status
        )
        found[f"{status.lower()}_task_definitions"] = definitions
        described["EcsTaskDefinition"] |= {
            one["taskDefinitionArn"]: task_definition_attributes(one)
            for one in task_definitions_of(ecs, definitions)
        }
    arns = {name: sorted(members) for name, members in sorted(found.items())}
    return {
        "account": account,
        "region": region,
        **arns,
        "described": described,
    }


def main() -> None:
    """Reads the command line and prints the truth."""
    parser = argparse.ArgumentParser(
        description="Prints as JSON what a moto server holds."
    )
    parser.add_argument("url", help="the server, for example http://127.0.0.1:5000")
    url: str = parser.parse_args().url
    truth = [
        truth_of(url, account, region) for account in ACCOUNTS for region in REGIONS
    ]
    json.dump(truth, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
