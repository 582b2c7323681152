"""A second reading of the mapping conventions, written without looking at the mappers.

`map_page` turns the body of one Describe response into the results of the conventions: records, objects
without a record and the reason, and attributes that are left out with a warning. It is slow and
plain on purpose, shares nothing with the product, and needs the standard library only.
"""

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field

from values import captured_at, integral, utc

# Python's JSON reader recurses for every nested list.
sys.setrecursionlimit(20_000)


# Ends a path that stands for all paths with the same beginning.
ANYTHING_BELOW = "*"


class NotAPage(Exception):
    """The body as a whole is not a response of its operation."""


@dataclass(frozen=True)
class Number:
    """A JSON number in its notation, because a float would lose digits."""

    text: str


class Members(dict):
    """A JSON object with the names of its repeated members."""

    def __init__(self, pairs):
        super().__init__(pairs)
        names = Counter(name for name, _ in pairs)
        self.repeated = {name for name, times in names.items() if times > 1}


@dataclass
class Mapped:
    """The result of one page."""

    records: list = field(default_factory=list)
    # Position of each object without a record, and the paths that are a valid reason.
    rejected: dict = field(default_factory=dict)
    # Position of each mapped object with a warning, and the paths of the members left out.
    warned: dict = field(default_factory=dict)


def map_page(operation, context, body, parts=None):
    """Maps a body, given as text, or the parts of its objects; raises `NotAPage` where nothing can be mapped."""
    member, map_object = OBJECTS[operation]
    page = parse(body)
    if not isinstance(page, Members):
        raise NotAPage("no JSON object")
    if member in page.repeated:
        raise NotAPage(f"{member} twice")
    found = page.get(member)
    if member == "taskDefinition":
        objects, paths = [found], [member]
    else:
        if not isinstance(found, list | None):
            raise NotAPage(f"{member} is not a list")
        objects = found or []
        paths = [f"{member}[{index}]" for index in range(len(objects))]

    if parts is not None:
        map_object, (objects, paths) = parts.map_part, parts.of(objects)
    mapped = Mapped()
    for index, (value, path) in enumerate(zip(objects, paths, strict=True)):
        if value is None:
            continue
        source = Source(value, path)
        record = map_object(source)
        if source.wrong:
            mapped.rejected[index] = source.wrong
        elif not record.get("UID"):
            mapped.rejected[index] = [f"{path}.{source.arn_member}" if source.arn_member else path]
        else:
            record |= common(context)
            mapped.records.append({key: value for key, value in record.items() if value not in (None, [], {})})
            if source.left_out:
                mapped.warned[index] = source.left_out
    return mapped


def parse(body):
    def refuse(word):
        raise ValueError(word)

    try:
        return json.loads(
            body, parse_int=Number, parse_float=Number, parse_constant=refuse, object_pairs_hook=Members
        )
    except (ValueError, RecursionError) as error:
        raise NotAPage(str(error)) from error


def common(context):
    return {
        "CLOUD_PROVIDER": "AWS",
        "ACCOUNT_ID": context["account_id"],
        "REGION": context["region"],
        "LAST_CAPTURED": captured_at(context["sync_timestamp"]),
    }


# The objects, table by table.


def cluster(source):
    arn, name = source.arn("clusterArn"), source.string("clusterName")
    return {
        "ACTIVE_SERVICES_COUNT": source.integer("activeServicesCount"),
        "CAPACITY_PROVIDERS": source.strings("capacityProviders"),
        "CLUSTER_ARN": arn,
        "UID": arn,
        "CLUSTER_NAME": name,
        "NAME": name or arn,
        "PENDING_TASKS_COUNT": source.integer("pendingTasksCount"),
        "REGISTERED_CONTAINER_INSTANCE_COUNT": source.integer("registeredContainerInstancesCount"),
        "RUNNING_TASKS_COUNT": source.integer("runningTasksCount"),
        "SOURCE_STATUS": source.string("status"),
        "TAGS": source.tags("tags"),
    }


def service(source):
    arn, name = source.arn("serviceArn"), source.string("serviceName")
    awsvpc = source.object("networkConfiguration").object("awsvpcConfiguration")
    public = awsvpc.string("assignPublicIp")
    return {
        "ASSIGN_PUBLIC_IP": None if public is None else public == "ENABLED",
        "SECURITY_GROUP_IDS": awsvpc.strings("securityGroups"),
        "SUBNET_IDS": awsvpc.strings("subnets"),
        "CLUSTER_ARN": source.string("clusterArn"),
        "FIRST_SEEN": source.time("createdAt"),
        "DESIRED_COUNT": source.integer("desiredCount"),
        "LAUNCH_TYPE": source.string("launchType"),
        "TARGET_GROUP_ARNS": ordered_set(
            balancer.string("targetGroupArn") for balancer in source.objects("loadBalancers")
        ),
        "PENDING_COUNT": source.integer("pendingCount"),
        "PLATFORM_FAMILY": source.string("platformFamily"),
        "PLATFORM_VERSION": source.string("platformVersion"),
        "SERVICE_ROLE_ARN": source.string("roleArn"),
        "RUNNING_COUNT": source.integer("runningCount"),
        "SCHEDULING_STRATEGY": source.string("schedulingStrategy"),
        "SERVICE_ARN": arn,
        "UID": arn,
        "SERVICE_NAME": name,
        "NAME": name or arn,
        "SOURCE_STATUS": source.string("status"),
        "TAGS": source.tags("tags"),
        "TASK_DEFINITION": source.string("taskDefinition"),
    }


def task(source):
    arn = source.arn("taskArn")
    details = [
        (detail.string("name"), detail.string("value"))
        for attachment in source.objects("attachments")
        for detail in attachment.objects("details")
    ]

    def of(wanted):
        return ordered_set(value for name, value in details if name == wanted)

    return {
        "NETWORK_INTERFACE_IDS": of("networkInterfaceId"),
        "PRIVATE_IP_ADDRESSES": of("privateIPv4Address"),
        "SUBNET_IDS": of("subnetId"),
        "AVAILABILITY_ZONE": source.string("availabilityZone"),
        "CLUSTER_ARN": source.string("clusterArn"),
        "CONTAINER_INSTANCE_ARN": source.string("containerInstanceArn"),
        "CONTAINER_IMAGES": ordered_set(
            container.string("image") for container in source.objects("containers")
        ),
        "CPU": source.string("cpu"),
        "FIRST_SEEN": source.time("createdAt"),
        "DESIRED_STATUS": source.string("desiredStatus"),
        "GROUP": source.string("group"),
        "SOURCE_STATUS": source.string("lastStatus"),
        "LAUNCH_TYPE": source.string("launchType"),
        "MEMORY": source.string("memory"),
        "PLATFORM_VERSION": source.string("platformVersion"),
        "LAST_STARTED": source.time("startedAt"),
        "LAST_STOPPED": source.time("stoppedAt"),
        "TAGS": source.tags("tags"),
        "NAME": arn,
        "TASK_ARN": arn,
        "UID": arn,
        "TASK_DEFINITION_ARN": source.string("taskDefinitionArn"),
    }


def task_definition(source):
    arn = source.arn("taskDefinitionArn")
    family, revision = source.string("family"), source.integer("revision")
    containers = source.objects("containerDefinitions")
    return {
        "ENVIRONMENT_KEYS": ordered_set(
            variable.string("name") for container in containers for variable in container.objects("environment")
        ),
        "CONTAINER_IMAGES": ordered_set(container.string("image") for container in containers),
        "SECRET_REFS": ordered_set(
            secret.string("valueFrom") for container in containers for secret in container.objects("secrets")
        ),
        "NAME": f"{family}:{revision}" if family and revision is not None else arn,
        "CPU": source.string("cpu"),
        "EXECUTION_ROLE_ARN": source.string("executionRoleArn"),
        "FAMILY": family,
        "MEMORY": source.string("memory"),
        "NETWORK_MODE": source.string("networkMode"),
        "FIRST_SEEN": source.time("registeredAt"),
        "REQUIRES_COMPATIBILITIES": source.strings("requiresCompatibilities"),
        "REVISION": revision,
        "SOURCE_STATUS": source.string("status"),
        "TASK_DEFINITION_ARN": arn,
        "UID": arn,
        "TASK_ROLE_ARN": source.string("taskRoleArn"),
    }


# The long form of a container instance's ARN, which names the cluster.
INSTANCE_ARN = re.compile("(arn:[^:]+:ecs:[^:]*:[^:]*):container-instance/([^/]+)/[^/]+")


def container_instance(source):
    arn, instance = source.arn("containerInstanceArn"), source.string("ec2InstanceId")
    long = INSTANCE_ARN.fullmatch(arn or "")
    versions = source.object("versionInfo")
    attributes = [
        (attribute.string("name"), attribute.string("value")) for attribute in source.objects("attributes")
    ]

    def of(wanted):
        return next((value for name, value in attributes if name == wanted and value is not None), None)

    return {
        "UID": arn,
        "CONTAINER_INSTANCE_ARN": arn,
        "NAME": instance or arn,
        "CLUSTER_ARN": f"{long[1]}:cluster/{long[2]}" if long else None,
        "EC2_INSTANCE_ID": instance,
        "CAPACITY_PROVIDER": source.string("capacityProviderName"),
        "SOURCE_STATUS": source.string("status"),
        "STATUS_REASON": source.string("statusReason"),
        "AGENT_CONNECTED": source.get("agentConnected", bool),
        "AGENT_VERSION": versions.string("agentVersion"),
        "DOCKER_VERSION": versions.string("dockerVersion"),
        "RUNNING_TASKS_COUNT": source.integer("runningTasksCount"),
        "PENDING_TASKS_COUNT": source.integer("pendingTasksCount"),
        "OPERATING_SYSTEM": of("ecs.os-type"),
        "CPU_ARCHITECTURE": of("ecs.cpu-architecture"),
        "INSTANCE_TYPE": of("ecs.instance-type"),
        "AVAILABILITY_ZONE": of("ecs.availability-zone"),
        "AMI_ID": of("ecs.ami-id"),
        "HEALTH_STATUS": source.object("healthStatus").string("overallStatus"),
        "FIRST_SEEN": source.time("registeredAt"),
        "TAGS": source.tags("tags"),
    }


OBJECTS = {
    "DescribeClusters": ("clusters", cluster),
    "DescribeServices": ("services", service),
    "DescribeTasks": ("tasks", task),
    "DescribeTaskDefinition": ("taskDefinition", task_definition),
    "DescribeContainerInstances": ("containerInstances", container_instance),
}


# JSON can escape characters that a text cannot hold.
LONE_SURROGATE = re.compile("[\\ud800-\\udfff]")


class Source:
    """An object of a page, read member by member. Members with a type other than the API's are noted."""

    def __init__(self, value, path, wrong=None, left_out=None):
        self.path = path
        self.wrong = [] if wrong is None else wrong
        self.left_out = [] if left_out is None else left_out
        self.arn_member = None
        self.members = self.as_type(value, Members, path) or Members([])

    def as_type(self, value, kind, path):
        is_text = not isinstance(value, str) or LONE_SURROGATE.search(value) is None
        if value is None or (isinstance(value, kind) and is_text):
            return value
        self.wrong.append(path)
        return None

    def get(self, member, kind):
        if member in self.members.repeated:
            # The conventions leave open which of the two counts, so a mapper must not guess. A fault inside
            # either one is a true reason as well.
            self.wrong.append(f"{self.path}{ANYTHING_BELOW}")
        return self.as_type(self.members.get(member), kind, f"{self.path}.{member}")

    def arn(self, member):
        self.arn_member = member
        return self.string(member)

    def string(self, member):
        return self.get(member, str)

    def integer(self, member):
        number = self.get(member, Number)
        if number is None:
            return None
        value = integral(number.text)
        if value is None:
            self.wrong.append(f"{self.path}.{member}")
        return value

    def time(self, member):
        number = self.get(member, Number)
        if number is None:
            return None
        time = utc(number.text)
        if time is None:
            self.left_out.append(f"{self.path}.{member}")
        return time

    def elements(self, member, kind):
        """The elements that are not null, each with its path."""
        path = f"{self.path}.{member}"
        for index, element in enumerate(self.get(member, list) or []):
            typed = self.as_type(element, kind, f"{path}[{index}]")
            if typed is not None:
                yield typed, f"{path}[{index}]"

    def strings(self, member):
        return ordered_set(element for element, _ in self.elements(member, str))

    def objects(self, member):
        return [
            Source(element, path, self.wrong, self.left_out) for element, path in self.elements(member, Members)
        ]

    def object(self, member):
        return Source(self.get(member, Members), f"{self.path}.{member}", self.wrong, self.left_out)

    def tags(self, member):
        tags = {}
        for tag in self.objects(member):
            key, value = tag.string("key"), tag.string("value")
            if key is not None:
                tags[key] = value or ""
        return tags


def ordered_set(values):
    return list(dict.fromkeys(value for value in values if value is not None))
