"""Random Describe responses: ECS's documented members, with many values that ECS never sends.

`Pages.body` gives an operation and the text of a response of it.
"""

from chances import ABSENT, ACCOUNT
from events import EventPages
from spelling import Members

# In the values of environment variables, which must not be seen anywhere afterwards.
CANARY = "CANARY-4711"


class Pages(EventPages):
    """Pages of one source of randomness."""

    # The objects.

    def flag(self):
        return self.chance(0.5)

    def switch(self):
        return self.pick(["ENABLED", "ENABLED", "DISABLED", "enabled", "", " ENABLED", self.text()])

    def strategy(self):
        return self.list_of(lambda: self.members({"capacityProvider": self.text, "weight": self.count}), 4)

    def setting(self):
        def name():
            return self.pick(["containerInsights", "containerInsights", "containerinsights", "", self.text()])

        return self.members({"name": name, "value": self.text})

    def configuration(self):
        log = {
            "cloudWatchLogGroupName": self.text,
            "s3BucketName": self.text,
            "S3BucketName": self.text,
            "s3KeyPrefix": self.text,
            "s3EncryptionEnabled": self.flag,
        }
        execute = {
            "kmsKeyId": self.text,
            "logging": lambda: self.pick(["NONE", "DEFAULT", "OVERRIDE", self.text()]),
            "logConfiguration": lambda: self.members(log),
        }
        storage = {"kmsKeyId": self.text, "fargateEphemeralStorageKmsKeyId": self.text}
        return self.members(
            {
                "executeCommandConfiguration": lambda: self.members(execute),
                "managedStorageConfiguration": lambda: self.members(storage),
            }
        )

    def cluster(self):
        return self.members(
            {
                "clusterArn": self.arn("cluster"),
                "clusterName": self.text,
                "status": self.text,
                "activeServicesCount": self.count,
                "pendingTasksCount": self.count,
                "runningTasksCount": self.count,
                "registeredContainerInstancesCount": self.count,
                "capacityProviders": self.texts,
                "settings": lambda: self.list_of(self.setting),
                "configuration": self.configuration,
                "defaultCapacityProviderStrategy": self.strategy,
                "tags": self.tags,
            }
        )

    def awsvpc(self):
        return self.members(
            {
                "subnets": self.texts,
                "securityGroups": self.texts,
                "assignPublicIp": self.switch,
            }
        )

    def network(self):
        return self.members({"awsvpcConfiguration": self.awsvpc})

    def service(self):
        return self.members(
            {
                "serviceArn": self.arn("service"),
                "serviceName": self.text,
                "clusterArn": self.arn("cluster"),
                "status": self.text,
                "desiredCount": self.count,
                "runningCount": self.count,
                "pendingCount": self.count,
                "createdAt": self.time,
                "launchType": lambda: self.pick(["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES", "new", self.text()]),
                "schedulingStrategy": self.text,
                "platformFamily": self.text,
                "platformVersion": self.text,
                "roleArn": self.text,
                "taskDefinition": self.text,
                "loadBalancers": lambda: self.list_of(
                    lambda: self.members({"targetGroupArn": self.text, "containerPort": self.count})
                ),
                "networkConfiguration": self.network,
                "capacityProviderStrategy": self.strategy,
                "deploymentController": lambda: self.members({"type": self.text}),
                "enableExecuteCommand": self.flag,
                "propagateTags": self.text,
                "createdBy": self.text,
                "deployments": lambda: self.list_of(self.deployment, 3),
                "taskSets": lambda: self.list_of(self.task_set, 3),
                "tags": self.tags,
            }
        )

    def started(self):
        """What deployments and task sets have in common."""
        return {
            "status": self.text,
            "taskDefinition": self.text,
            "launchType": self.text,
            "capacityProviderStrategy": self.strategy,
            "platformVersion": self.text,
            "platformFamily": self.text,
            "pendingCount": self.count,
            "runningCount": self.count,
            "networkConfiguration": self.network,
            "createdAt": self.time,
            "updatedAt": self.time,
        }

    def deployment(self):
        own = {
            "id": self.text,
            "desiredCount": self.count,
            "failedTasks": self.count,
            "rolloutState": self.text,
            "rolloutStateReason": self.text,
        }
        return self.members(own | self.started())

    def task_set(self):
        own = {
            "taskSetArn": self.arn("task-set"),
            "id": self.text,
            "serviceArn": self.arn("service"),
            "clusterArn": self.text,
            "externalId": self.text,
            "stabilityStatus": self.text,
            "computedDesiredCount": self.count,
            "loadBalancers": lambda: self.list_of(lambda: self.members({"targetGroupArn": self.text}), 3),
            "tags": self.tags,
        }
        return self.members(own | self.started())

    def attachment(self):
        def name():
            return self.pick(
                ["networkInterfaceId", "privateIPv4Address", "subnetId", "privateDnsName", "subnetID", self.text()]
            )

        return self.members(
            {
                "type": lambda: self.pick(["ElasticNetworkInterface", "ServiceConnect", self.text()]),
                "status": self.text,
                "details": lambda: self.list_of(lambda: self.members({"name": name, "value": self.text}), 6),
            }
        )

    def environment(self):
        def value():
            return self.pick([self.text(), CANARY, CANARY + self.text()])

        return self.list_of(lambda: self.members({"name": self.text, "value": value}))

    def task_container(self):
        def agent():
            return self.pick(["ExecuteCommandAgent", "ExecuteCommandAgent", "executeCommandAgent", self.text()])

        bindings = {"hostPort": self.count, "containerPort": self.count}
        interfaces = {"privateIpv4Address": self.text, "ipv6Address": self.text}
        agents = {"name": agent, "lastStatus": self.text, "reason": self.text}
        return self.members(
            {
                "containerArn": self.arn("container"),
                "taskArn": self.arn("task"),
                "name": self.text,
                "image": self.text,
                "imageDigest": self.text,
                "runtimeId": self.text,
                "lastStatus": self.text,
                "healthStatus": self.text,
                "exitCode": self.count,
                "reason": self.text,
                "networkBindings": lambda: self.list_of(lambda: self.members(bindings), 3),
                "networkInterfaces": lambda: self.list_of(lambda: self.members(interfaces), 3),
                "managedAgents": lambda: self.list_of(lambda: self.members(agents), 3),
                "cpu": self.text,
                "memory": self.text,
            }
        )

    def group(self):
        begin = self.pick(["service:", "service:", "service", "Service:", " service:", "family:", ""])
        return begin + self.pick(["", "web", "service:web", self.text()])

    def overrides(self):
        def container():
            return self.members({"name": self.text, "environment": self.environment})

        return self.members(
            {
                "containerOverrides": lambda: self.list_of(container, 3),
                "taskRoleArn": self.text,
                "executionRoleArn": self.text,
                "cpu": self.text,
            }
        )

    def task(self):
        return self.members(
            {
                "taskArn": self.arn("task"),
                "clusterArn": self.arn("cluster"),
                "taskDefinitionArn": self.text,
                "containerInstanceArn": self.text,
                "availabilityZone": self.text,
                "cpu": lambda: self.pick(["1024", "0.5 vCPU", self.text()]),
                "memory": self.text,
                "createdAt": self.time,
                "startedAt": self.time,
                "stoppedAt": self.time,
                "pullStartedAt": self.time,
                "lastStatus": self.text,
                "desiredStatus": self.text,
                "group": self.group,
                "launchType": self.text,
                "platformVersion": self.text,
                "attachments": lambda: self.list_of(self.attachment, 4),
                "containers": lambda: self.list_of(self.task_container),
                "overrides": self.overrides,
                "startedBy": self.text,
                "capacityProviderName": self.text,
                "platformFamily": self.text,
                "attributes": lambda: self.list_of(self.attribute),
                "enableExecuteCommand": self.flag,
                "connectivity": self.text,
                "healthStatus": self.text,
                "stopCode": self.text,
                "stoppedReason": self.text,
                "tags": self.tags,
            }
        )

    def container(self):
        files = {"value": self.text, "type": self.text}
        options = {"mode": self.text, "max-buffer-size": self.text}
        log = {"logDriver": self.text, "options": lambda: self.members(options)}
        capabilities = {"add": self.texts, "drop": self.texts}
        linux = {"initProcessEnabled": self.flag, "capabilities": lambda: self.members(capabilities)}
        ports = {"containerPort": self.count, "hostPort": self.count}
        return self.members(
            {
                "name": self.text,
                "image": self.text,
                "environment": self.environment,
                "secretSuspects": lambda: self.list_of(lambda: self.members({"name": self.text, "detector": self.text})),
                "secrets": lambda: self.list_of(lambda: self.members({"name": self.text, "valueFrom": self.text})),
                "essential": self.flag,
                "privileged": self.flag,
                "readonlyRootFilesystem": self.flag,
                "interactive": self.flag,
                "pseudoTerminal": self.flag,
                "user": self.text,
                "environmentFiles": lambda: self.list_of(lambda: self.members(files), 3),
                "repositoryCredentials": lambda: self.members({"credentialsParameter": self.text}),
                "logConfiguration": lambda: self.members(log),
                "linuxParameters": lambda: self.members(linux),
                "portMappings": lambda: self.list_of(lambda: self.members(ports), 3),
                "mountPoints": lambda: self.list_of(lambda: self.members({"sourceVolume": self.volume_name}), 3),
                "memory": self.count,
                "memoryReservation": self.count,
                "cpu": self.count,
                "versionConsistency": self.text,
                "firelensConfiguration": lambda: self.members({"type": self.text}),
                "healthCheck": lambda: self.members({"command": self.texts, "interval": self.count}),
            }
        )

    def volume_name(self):
        # A name may look like a place.
        return self.pick(["data", "#0", "#1", "", self.text()])

    def volume(self):
        authorization = {"accessPointId": self.text, "iam": self.switch}
        efs = {
            "fileSystemId": lambda: self.pick(["fs-1", "fs-2", "", self.text()]),
            "rootDirectory": self.text,
            "transitEncryption": self.switch,
            "transitEncryptionPort": self.count,
            "authorizationConfig": lambda: self.members(authorization),
        }
        return self.members(
            {
                "name": self.volume_name,
                "host": lambda: self.members({"sourcePath": self.text}),
                "efsVolumeConfiguration": lambda: self.members(efs),
                "dockerVolumeConfiguration": lambda: self.members({"driver": self.text}),
            }
        )

    def task_definition(self):
        return self.members(
            {
                "taskDefinitionArn": self.arn("task-definition"),
                "family": self.text,
                "revision": self.count,
                "status": self.text,
                "networkMode": self.text,
                "cpu": self.text,
                "memory": self.text,
                "taskRoleArn": self.text,
                "executionRoleArn": self.text,
                "registeredAt": self.time,
                "requiresCompatibilities": self.texts,
                "compatibilities": self.texts,
                "runtimePlatform": lambda: self.members(
                    {"operatingSystemFamily": self.text, "cpuArchitecture": self.text}
                ),
                "pidMode": self.text,
                "ipcMode": self.text,
                "volumes": lambda: self.list_of(self.volume),
                "enableFaultInjection": self.flag,
                "registeredBy": self.text,
                "containerDefinitions": lambda: self.list_of(self.container, 4),
                # AWS has them beside it only.
                "tags": lambda: None if self.chance(0.8) else self.tags(),
            }
        )

    def instance_arn(self):
        if self.surprise(0.05):
            return self.pick(["", "", " ", "not an ARN"])
        begin, kind = ACCOUNT, "container-instance"
        parts = [self.pick(["web", "A", "a:b"]), str(self.random.randrange(1_000))]
        # Imitates the form that names the cluster, with one of three faults.
        way = self.random.randrange(10)
        if way == 0:
            begin = self.pick(["arn:b:ecs:r:1:", "arn:b:ecs:::", "arn::ecs:r:1:", "arn:b:ec2:r:1:", "ARN:b:ecs:r:1:"])
        elif way == 1:
            kind = self.pick(["cluster", "Container-instance", "container-instances", ""])
        elif way == 2:
            parts = [self.pick(["web", "", "é\n", self.text()]) for _ in range(self.random.randrange(4))]
        return begin + "/".join([kind, *parts])

    def attribute(self):
        def name():
            return self.pick(
                [
                    "ecs.os-type", "ecs.cpu-architecture", "ecs.instance-type", "ecs.availability-zone", "ecs.ami-id",
                    "ecs.os-family", "ecs.capability.secrets.asm", "ECS.OS-TYPE", "ecs.ami-id ", self.text(),
                ]
            )

        return self.members({"name": name, "value": self.text, "targetType": self.text, "targetId": self.text})

    def container_instance(self):
        return self.members(
            {
                "containerInstanceArn": self.instance_arn,
                "ec2InstanceId": lambda: self.pick(["i-0abc", "mi-0abc", "", self.text()]),
                "capacityProviderName": self.text,
                "status": self.text,
                "statusReason": self.text,
                "agentConnected": self.flag,
                "agentUpdateStatus": self.text,
                "versionInfo": lambda: self.members(
                    {"agentVersion": self.text, "agentHash": self.text, "dockerVersion": self.text}
                ),
                "runningTasksCount": self.count,
                "pendingTasksCount": self.count,
                "attributes": lambda: self.list_of(self.attribute, 8),
                "healthStatus": lambda: self.members(
                    {
                        "overallStatus": self.text,
                        "details": lambda: self.list_of(lambda: self.members({"status": self.text}), 3),
                    }
                ),
                "registeredAt": self.time,
                "tags": self.tags,
            }
        )

    # The pages.

    def body(self):
        self.wild = self.pick([0, 0.3, 1, 1, 3])
        operation, member, make = self.pick(
            [
                ("DescribeClusters", "clusters", self.cluster),
                ("DescribeServices", "services", self.service),
                ("DescribeTasks", "tasks", self.task),
                ("DescribeTaskDefinition", "taskDefinition", self.task_definition),
                ("DescribeContainerInstances", "containerInstances", self.container_instance),
                ("DescribeCapacityProviders", "capacityProviders", self.capacity_provider),
                ("ListAccountSettings", "settings", self.account_setting),
                ("LookupEvents", "Events", self.found),
            ]
        )
        return operation, self.spelling.write(self.page(member, make))

    def page(self, member, make):
        if self.surprise(0.01):
            return self.anything()
        if member == "taskDefinition":
            described = self.anything() if self.surprise(0.02) else make()
        else:
            described = self.anything() if self.surprise(0.005) else self.list_of(make, 6)
        members = [(member, described)]
        if self.chance(0.5):
            failure = {"arn": self.text, "reason": self.text, "detail": self.text}
            members.append(("failures", self.often(lambda: self.list_of(lambda: self.members(failure), 3))))
        if member == "taskDefinition" and self.chance(0.5):
            members.append(("tags", self.tags()))
        if member == "settings" and self.chance(0.6):
            members.append(("ownSettings", self.often(self.own_settings)))
        if self.chance(0.2):
            members.append((self.unknown_name({member: make}), self.anything()))
        members = [(name, value) for name, value in members if value is not ABSENT]
        if self.chance(0.3):
            self.random.shuffle(members)
        return Members(members)
