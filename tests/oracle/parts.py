"""The parts of described objects: a second reading of their conventions, as `reference.py` is of the others."""

from dataclasses import dataclass
from typing import Callable

from source import Members, Number, named, ordered_set


@dataclass(frozen=True)
class Parts:
    """One kind of parts."""

    list_name: str
    part: str
    whole: str
    # Every list of parts that the whole has.
    lists: tuple
    map_part: Callable

    def of(self, objects):
        """The parts of objects, each in an object with the one that it is part of, and their paths."""
        found = [element for value in objects if value is not None for element in self.elements(value)]
        return found, [f"{self.list_name}[{index}]" for index in range(len(found))]

    def elements(self, value):
        if not isinstance(value, Members):
            return [Members([(self.part, None), (self.whole, value)])]
        elements = value.get(self.list_name)
        rest = Members([(name, member) for name, member in value.items() if name not in self.lists])
        rest.repeated = value.repeated - set(self.lists)
        if self.list_name in value.repeated or not isinstance(elements, list | None):
            # A number has the wrong type, as everything that may stand there.
            return [Members([(self.part, Number("0")), (self.whole, rest)])]
        positions = [Number(str(position)) for position in range(len(elements or []))]
        return [
            None if element is None else Members([(self.part, element), (self.whole, rest), ("position", position)])
            for element, position in zip(elements or [], positions, strict=True)
        ]


def awsvpc(source):
    settings = source.object("networkConfiguration").object("awsvpcConfiguration")
    public = settings.string("assignPublicIp")
    return {
        "ASSIGN_PUBLIC_IP": None if public is None else public == "ENABLED",
        "SUBNET_IDS": settings.strings("subnets"),
        "SECURITY_GROUP_IDS": settings.strings("securityGroups"),
    }


def texts(elements, member):
    return ordered_set(element.string(member) for element in elements)


def integers(elements, member):
    return ordered_set(element.integer(member) for element in elements)


def container(source):
    container, task = source.object("container"), source.object("task")
    task_arn, arn, name = task.string("taskArn"), container.string("containerArn"), container.string("name")
    group = task.string("group") or ""
    made = f"{task_arn}#{name}" if name else None
    agents = [(agent.string("name"), agent.string("lastStatus")) for agent in container.objects("managedAgents")]
    return {
        "UID": (arn or made) if task_arn else None,
        "NAME": name or arn,
        "CONTAINER_ARN": arn,
        "TASK_ARN": task_arn,
        "CLUSTER_ARN": task.string("clusterArn"),
        "TASK_DEFINITION_ARN": task.string("taskDefinitionArn"),
        "SERVICE_NAME": group[len("service:") :] or None if group.startswith("service:") else None,
        "IMAGE": container.string("image"),
        "IMAGE_DIGEST": container.string("imageDigest"),
        "RUNTIME_ID": container.string("runtimeId"),
        "SOURCE_STATUS": container.string("lastStatus"),
        "HEALTH_STATUS": container.string("healthStatus"),
        "EXIT_CODE": container.integer("exitCode"),
        "STOPPED_REASON": container.string("reason"),
        "HOST_PORTS": integers(container.objects("networkBindings"), "hostPort"),
        "PRIVATE_IP_ADDRESSES": texts(container.objects("networkInterfaces"), "privateIpv4Address"),
        "IPV6_ADDRESSES": texts(container.objects("networkInterfaces"), "ipv6Address"),
        "EXECUTE_COMMAND_AGENT_STATUS": named(agents, "ExecuteCommandAgent"),
        "CPU": container.string("cpu"),
        "MEMORY": container.string("memory"),
    }


def started(part):
    """What deployments and task sets have in common."""
    return awsvpc(part) | {
        "SOURCE_STATUS": part.string("status"),
        "TASK_DEFINITION": part.string("taskDefinition"),
        "LAUNCH_TYPE": part.string("launchType"),
        "CAPACITY_PROVIDERS": texts(part.objects("capacityProviderStrategy"), "capacityProvider"),
        "PLATFORM_VERSION": part.string("platformVersion"),
        "PLATFORM_FAMILY": part.string("platformFamily"),
        "RUNNING_COUNT": part.integer("runningCount"),
        "PENDING_COUNT": part.integer("pendingCount"),
        "FIRST_SEEN": part.time("createdAt"),
        "LAST_UPDATED": part.time("updatedAt"),
    }


def deployment(source):
    deployment, service = source.object("deployment"), source.object("service")
    service_arn, own = service.string("serviceArn"), deployment.string("id")
    return started(deployment) | {
        "UID": f"{service_arn}#{own}" if service_arn and own else None,
        "NAME": own,
        "SERVICE_ARN": service_arn,
        "CLUSTER_ARN": service.string("clusterArn"),
        "ROLLOUT_STATE": deployment.string("rolloutState"),
        "ROLLOUT_STATE_REASON": deployment.string("rolloutStateReason"),
        "DESIRED_COUNT": deployment.integer("desiredCount"),
        "FAILED_TASKS": deployment.integer("failedTasks"),
    }


def task_set(source):
    task_set, service = source.object("taskSet"), source.object("service")
    arn, own = task_set.string("taskSetArn"), task_set.string("id")
    service_arn, cluster = service.string("serviceArn"), service.string("clusterArn")
    own_service, own_cluster = task_set.string("serviceArn"), task_set.string("clusterArn")
    return started(task_set) | {
        "UID": arn if service_arn else None,
        "TASK_SET_ARN": arn,
        "NAME": own or arn,
        "SERVICE_ARN": service_arn if own_service is None else own_service,
        "CLUSTER_ARN": cluster if own_cluster is None else own_cluster,
        "EXTERNAL_ID": task_set.string("externalId"),
        "STABILITY_STATUS": task_set.string("stabilityStatus"),
        "DESIRED_COUNT": task_set.integer("computedDesiredCount"),
        "TARGET_GROUP_ARNS": texts(task_set.objects("loadBalancers"), "targetGroupArn"),
        "TAGS": task_set.tags("tags"),
    }


def container_definition(source):
    container, definition = source.object("containerDefinition"), source.object("taskDefinition")
    arn, name, position = definition.string("taskDefinitionArn"), container.string("name"), source.integer("position")
    source.arn_member = "taskDefinition.taskDefinitionArn"
    uid = f"{arn}#{name or position}" if arn else None
    log, linux = container.object("logConfiguration"), container.object("linuxParameters")
    capabilities, ports = linux.object("capabilities"), container.objects("portMappings")
    variables, secrets = container.objects("environment"), container.objects("secrets")
    suspects = [(suspect.string("name"), suspect.string("detector")) for suspect in container.objects("secretSuspects")]
    mounted = [mount.string("sourceVolume") for mount in container.objects("mountPoints")]
    volumes = [
        (volume.string("name"), volume.object("host").string("sourcePath")) for volume in definition.objects("volumes")
    ]
    container.object("healthCheck")
    return {
        "UID": uid,
        "NAME": name or uid,
        "TASK_DEFINITION_ARN": arn,
        "FAMILY": definition.string("family"),
        "REVISION": definition.integer("revision"),
        "IMAGE": container.string("image"),
        "ESSENTIAL": container.get("essential", bool),
        "PRIVILEGED": container.get("privileged", bool),
        "READONLY_ROOT_FILESYSTEM": container.get("readonlyRootFilesystem", bool),
        "INTERACTIVE": container.get("interactive", bool),
        "PSEUDO_TERMINAL": container.get("pseudoTerminal", bool),
        "USER": container.string("user"),
        "ENVIRONMENT_KEYS": texts(variables, "name"),
        "SECRET_SUSPECTS": ordered_set(
            f"{name}: {detector}" for name, detector in suspects if name is not None and detector is not None
        ),
        "SECRET_NAMES": texts(secrets, "name"),
        "SECRET_REFS": texts(secrets, "valueFrom"),
        "ENVIRONMENT_FILES": texts(container.objects("environmentFiles"), "value"),
        "CREDENTIALS_SECRET": container.object("repositoryCredentials").string("credentialsParameter"),
        "LOG_DRIVER": log.string("logDriver"),
        "LOG_MODE": log.object("options").string("mode"),
        "ADDED_CAPABILITIES": capabilities.strings("add"),
        "DROPPED_CAPABILITIES": capabilities.strings("drop"),
        "INIT_PROCESS_ENABLED": linux.get("initProcessEnabled", bool),
        "CONTAINER_PORTS": integers(ports, "containerPort"),
        "HOST_PORTS": integers(ports, "hostPort"),
        "MOUNTED_HOST_PATHS": ordered_set(
            path or None for name in mounted if name is not None for known, path in volumes if known == name
        ),
        "MEMORY_LIMIT": container.integer("memory"),
        "MEMORY_RESERVATION": container.integer("memoryReservation"),
        "CPU_UNITS": container.integer("cpu"),
        "VERSION_CONSISTENCY": container.string("versionConsistency"),
        "FIRELENS_TYPE": container.object("firelensConfiguration").string("type"),
        "HAS_HEALTH_CHECK": container.members.get("healthCheck") is not None,
    }


OF_SERVICE = ("deployments", "taskSets")
OF_DEFINITION = ("containerDefinitions", "containerDefinition", "taskDefinition", ("containerDefinitions",))
PARTS_OF = {
    "EcsContainer": Parts("containers", "container", "task", ("containers",), container),
    "EcsContainerDefinition": Parts(*OF_DEFINITION, container_definition),
    "EcsDeployment": Parts("deployments", "deployment", "service", OF_SERVICE, deployment),
    "EcsTaskSet": Parts("taskSets", "taskSet", "service", OF_SERVICE, task_set),
}
