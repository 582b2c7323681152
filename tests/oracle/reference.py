"""A second reading of the mapping conventions, written without looking at the mappers.

`map_page` turns the body of one Describe response into the results of the conventions: records, objects
without a record and the reason, and attributes that are left out with a warning. It is slow and
plain on purpose, shares nothing with the product, and needs the standard library only.
"""

import re
from dataclasses import dataclass, field

from accounts import account_setting, audit_event, capacity_provider
from source import Members, NotAPage, Source, named, ordered_set, parse
from trail import unfolded
from values import captured_at


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
        # AWS puts the tags beside; for a mapper they are a member like those of other objects.
        if isinstance(found, Members) and page.get("tags") is not None:
            found["tags"] = page["tags"]
        objects, paths = [found], [member]
    else:
        if not isinstance(found, list | None):
            raise NotAPage(f"{member} is not a list")
        objects = found or []
        if operation == "LookupEvents":
            objects = [unfolded(event) for event in objects]
        if operation == "ListAccountSettings":
            put_inside(objects, page, "ownSettings")
        paths = [f"{member}[{index}]" for index in range(len(objects))]

    if parts is not None:
        map_object, (objects, paths) = parts.map_part, parts.of(objects)
    mapped = Mapped()
    for index, (value, path) in enumerate(zip(objects, paths, strict=True)):
        if value is None:
            continue
        source = Source(value, path)
        source.context = context
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


def put_inside(objects, page, member):
    """Mappers get in every object what a host found beside them."""
    for value in objects:
        if member in page and isinstance(value, Members):
            if member in value:
                value.repeated.add(member)
            value[member] = page[member]


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
    configuration = source.object("configuration")
    execute = configuration.object("executeCommandConfiguration")
    log = execute.object("logConfiguration")
    storage = configuration.object("managedStorageConfiguration")
    return {
        "CONTAINER_INSIGHTS": named(source.pairs("settings"), "containerInsights"),
        "EXECUTE_COMMAND_LOGGING": execute.string("logging"),
        "EXECUTE_COMMAND_KMS_KEY_ID": execute.string("kmsKeyId"),
        "EXECUTE_COMMAND_LOG_DESTINATIONS": ordered_set(
            log.string(member) or None for member in ("cloudWatchLogGroupName", "s3BucketName")
        ),
        "FARGATE_EPHEMERAL_STORAGE_KMS_KEY_ID": storage.string("fargateEphemeralStorageKmsKeyId"),
        "DEFAULT_CAPACITY_PROVIDERS": strategy(source, "defaultCapacityProviderStrategy"),
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


def strategy(source, member):
    return ordered_set(item.string("capacityProvider") for item in source.objects(member))


def service(source):
    arn, name = source.arn("serviceArn"), source.string("serviceName")
    awsvpc = source.object("networkConfiguration").object("awsvpcConfiguration")
    public = awsvpc.string("assignPublicIp")
    return {
        "CAPACITY_PROVIDERS": strategy(source, "capacityProviderStrategy"),
        "DEPLOYMENT_CONTROLLER": source.object("deploymentController").string("type"),
        "EXECUTE_COMMAND_ENABLED": source.boolean("enableExecuteCommand"),
        "PROPAGATE_TAGS": source.string("propagateTags"),
        "CREATED_BY": source.string("createdBy"),
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


# The group of a task that a service started.
SERVICE_GROUP = re.compile("service:(.+)", re.DOTALL)


def task(source):
    arn, group = source.arn("taskArn"), source.string("group")
    of_service = SERVICE_GROUP.fullmatch(group or "")
    overrides = source.object("overrides")
    details = [
        detail for attachment in source.objects("attachments") for detail in attachment.pairs("details")
    ]

    def of(wanted):
        return ordered_set(value for name, value in details if name == wanted)

    return {
        "STARTED_BY": source.string("startedBy"),
        "SERVICE_NAME": of_service[1] if of_service else None,
        "CAPACITY_PROVIDER": source.string("capacityProviderName"),
        "PLATFORM_FAMILY": source.string("platformFamily"),
        "CPU_ARCHITECTURE": named(source.pairs("attributes"), "ecs.cpu-architecture"),
        "EXECUTE_COMMAND_ENABLED": source.boolean("enableExecuteCommand"),
        "CONNECTIVITY": source.string("connectivity"),
        "HEALTH_STATUS": source.string("healthStatus"),
        "STOP_CODE": source.string("stopCode"),
        "STOPPED_REASON": source.string("stoppedReason"),
        "OVERRIDE_TASK_ROLE_ARN": overrides.string("taskRoleArn"),
        "OVERRIDE_EXECUTION_ROLE_ARN": overrides.string("executionRoleArn"),
        "OVERRIDE_ENVIRONMENT_KEYS": ordered_set(
            variable.string("name")
            for container in overrides.objects("containerOverrides")
            for variable in container.objects("environment")
        ),
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
        "GROUP": group,
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
    platform = source.object("runtimePlatform")
    volumes = source.objects("volumes")
    efs = [each for each in map(file_system, volumes) if each is not None]
    return {
        "COMPATIBILITIES": source.strings("compatibilities"),
        "OPERATING_SYSTEM_FAMILY": platform.string("operatingSystemFamily"),
        "CPU_ARCHITECTURE": platform.string("cpuArchitecture"),
        "PID_MODE": source.string("pidMode"),
        "IPC_MODE": source.string("ipcMode"),
        "HOST_PATHS": ordered_set(volume.object("host").string("sourcePath") or None for volume in volumes),
        "EFS_FILE_SYSTEM_IDS": ordered_set(each["id"] for each in efs),
        "EFS_WITHOUT_TRANSIT_ENCRYPTION": ordered_set(each["called"] for each in efs if not each["encrypted"]),
        "EFS_WITHOUT_AUTHORIZATION": ordered_set(each["called"] for each in efs if not each["authorized"]),
        "FAULT_INJECTION_ENABLED": source.boolean("enableFaultInjection"),
        "REGISTERED_BY": source.string("registeredBy"),
        "TAGS": source.tags("tags"),
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


def file_system(volume):
    """What a volume says of EFS; None if it is none of EFS."""
    name, efs = volume.string("name"), volume.object("efsVolumeConfiguration")
    authorization = efs.object("authorizationConfig")
    found = efs.string("fileSystemId")
    iam, access_point = authorization.string("iam"), authorization.string("accessPointId")
    if volume.members.get("efsVolumeConfiguration") is None:
        return None
    return {
        "id": found,
        # The place of the volume is the end of its path.
        "called": found or name or "#" + volume.path.rpartition("[")[2].rstrip("]"),
        "encrypted": efs.string("transitEncryption") == "ENABLED",
        "authorized": iam == "ENABLED" and access_point not in (None, ""),
    }


# The long form of a container instance's ARN, which names the cluster.
INSTANCE_ARN = re.compile("(arn:[^:]+:ecs:[^:]*:[^:]*):container-instance/([^/]+)/[^/]+")


def container_instance(source):
    arn, instance = source.arn("containerInstanceArn"), source.string("ec2InstanceId")
    long = INSTANCE_ARN.fullmatch(arn or "")
    versions = source.object("versionInfo")
    attributes = source.pairs("attributes")

    def of(wanted):
        return named(attributes, wanted)

    return {
        "UID": arn,
        "CONTAINER_INSTANCE_ARN": arn,
        "NAME": instance or arn,
        "CLUSTER_ARN": f"{long[1]}:cluster/{long[2]}" if long else None,
        "EC2_INSTANCE_ID": instance,
        "CAPACITY_PROVIDER": source.string("capacityProviderName"),
        "SOURCE_STATUS": source.string("status"),
        "STATUS_REASON": source.string("statusReason"),
        "AGENT_CONNECTED": source.boolean("agentConnected"),
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
    "DescribeCapacityProviders": ("capacityProviders", capacity_provider),
    "ListAccountSettings": ("settings", account_setting),
    "LookupEvents": ("Events", audit_event),
}
