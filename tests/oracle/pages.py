"""Random Describe responses: ECS's documented members, with many values that ECS never sends.

`Pages.body` gives an operation and the text of a response of it.
"""

from odd import NUMBERS, ODD_NUMBERS, TIMES, UNICODE, UNREADABLE
from spelling import Members, Raw, Spelling

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012:"
ABSENT = object()
# Mappers may treat long lists differently from short ones.
LONG = 120
# Unknown members may be nested deeper than a recursive reader supports.
DEPTHS = [10, 127, 128, 200, 1_000]
# The value of environment variables; it must not appear in any output.
CANARY = "CANARY-4711"


class Pages:
    """Pages of one source of randomness."""

    def __init__(self, random):
        self.random = random
        self.spelling = Spelling(random)
        # Distance of the page from a real response of ECS.
        self.wild = 0.0

    # Chances. A calm page has few surprises, so that most of its objects become records.

    def chance(self, share):
        return self.random.random() < share

    def surprise(self, share):
        return self.random.random() < share * self.wild

    def pick(self, values):
        return self.random.choice(values)

    # Values by the type that the API gives them.

    def text(self):
        kind = self.random.random()
        if kind < 0.6:
            return self.pick(["a", "b", "web", "ACTIVE", "a b", "A", "x:y/z", str(self.random.randrange(100))])
        if kind < 0.65:
            return ""
        if kind < 0.98:
            return "".join(self.pick(UNICODE) for _ in range(self.random.randrange(6)))
        return self.pick(["x", "é", "🙂", "\\", "\n", "\u2028"]) * self.random.choice([1_000, 30_000])

    def number(self):
        return Raw(self.pick(NUMBERS))

    def time(self):
        if self.chance(0.4):
            return Raw(self.pick(TIMES))
        if self.chance(0.5):
            digits = "".join(self.pick("0123456789") for _ in range(self.random.randrange(1, 8)))
            return Raw(f"{self.random.randrange(-10**11, 10**11)}.{digits}")
        coefficient = self.random.randrange(-10**15, 10**15)
        return Raw(f"{coefficient}{self.pick('eE')}{self.random.randrange(-8, 3)}")

    def anything(self, depth=0):
        if self.chance(0.005):
            deep = self.pick(DEPTHS)
            return Raw("[" * deep + self.pick(["", "0", '"x"', "{}"]) + "]" * deep)
        if self.chance(0.02):
            return Raw(self.pick(UNREADABLE))
        kind = self.random.randrange(9 if depth < 3 else 6)
        if kind == 0:
            return None
        if kind == 1:
            return self.chance(0.5)
        if kind == 2:
            return Raw(self.pick(NUMBERS + ODD_NUMBERS + TIMES))
        if kind < 6:
            return self.text()
        if kind == 6:
            return [self.anything(depth + 1) for _ in range(self.random.randrange(4))]
        return Members((self.text(), self.anything(depth + 1)) for _ in range(self.random.randrange(4)))

    # Changes of a value.

    def often(self, make):
        """A member's value, or a missing, null or undocumented one."""
        if self.chance(0.12):
            return ABSENT
        if self.chance(0.08):
            return None
        if self.surprise(0.02):
            return self.anything()
        return make()

    def count(self):
        if self.surprise(0.03):
            return Raw(self.pick(ODD_NUMBERS))
        return self.number()

    def list_of(self, make, most=5):
        if self.chance(0.01):
            most = LONG
        elements = []
        for _ in range(self.random.randrange(most)):
            if self.chance(0.06):
                elements.append(None)
            elif self.surprise(0.02):
                elements.append(self.anything())
            else:
                elements.append(make())
            if self.chance(0.2):
                elements.append(self.pick(elements))
        return elements

    def texts(self):
        return self.list_of(self.text)

    def members(self, documented):
        """An object: documented members in any order, among unknown ones."""
        made = [(name, self.often(make)) for name, make in documented.items()]
        if self.chance(0.6) and made[0][0].endswith("Arn"):
            # Most objects should have a record.
            made[0] = (made[0][0], documented[made[0][0]]())
        made = [(name, value) for name, value in made if value is not ABSENT]
        while self.chance(0.25):
            made.append((self.unknown_name(documented), self.anything()))
        if made and self.surprise(0.02):
            name = self.pick(made)[0]
            made.append((name, documented[name]() if name in documented else self.anything()))
        if self.chance(0.5):
            self.random.shuffle(made)
        return Members(made)

    def unknown_name(self, documented):
        known = self.pick(list(documented))
        name = self.pick(
            [
                "UID", "uid", "ACCOUNT_ID", "NAME", "arn", "environment", "deployments", "taskSets", "x", "", "\u2028", "tags ",
                known.upper(), known.capitalize(), known + "\0", known[:-1], known.replace("Arn", "ARN"),
            ]
        )
        return "unknown" if name in documented else name

    def arn(self, kind):
        def make():
            if self.surprise(0.05):
                return self.pick(["", "", " ", "not an ARN", "arn:aws-cn:ecs:cn-north-1:1:cluster/x"])
            return f"{ACCOUNT}{kind}/{self.random.randrange(1_000)}"

        return make

    def tags(self):
        def key():
            return self.pick(["Owner", "owner", "aws:ecs:clusterName", "", "a.b", self.text()])

        return self.list_of(lambda: self.members({"key": key, "value": self.text}), 6)

    # The objects.

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
                "tags": self.tags,
            }
        )

    def awsvpc(self):
        return self.members(
            {
                "subnets": self.texts,
                "securityGroups": self.texts,
                "assignPublicIp": lambda: self.pick(["ENABLED", "DISABLED", "enabled", "", " ENABLED", self.text()]),
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
                "deployments": lambda: self.list_of(self.deployment, 3),
                "taskSets": lambda: self.list_of(self.task_set, 3),
                "tags": self.tags,
            }
        )

    def started(self):
        """What deployments and task sets have in common."""
        strategy = {"capacityProvider": self.text, "weight": self.count}
        return {
            "status": self.text,
            "taskDefinition": self.text,
            "launchType": self.text,
            "capacityProviderStrategy": lambda: self.list_of(lambda: self.members(strategy), 3),
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
                "group": lambda: self.pick(["service:web", "service:", "service:service:", "Service:a", self.text()]),
                "launchType": self.text,
                "platformVersion": self.text,
                "attachments": lambda: self.list_of(self.attachment, 4),
                "containers": lambda: self.list_of(self.task_container),
                "overrides": lambda: self.members(
                    {
                        "containerOverrides": lambda: self.list_of(
                            lambda: self.members({"name": self.text, "environment": self.environment}), 3
                        )
                    }
                ),
                "tags": self.tags,
            }
        )

    def flag(self):
        return self.chance(0.5)

    def volume(self):
        return self.pick(["data", "run", "", self.text()])

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
                "mountPoints": lambda: self.list_of(lambda: self.members({"sourceVolume": self.volume}), 3),
                "memory": self.count,
                "memoryReservation": self.count,
                "cpu": self.count,
                "versionConsistency": self.text,
                "firelensConfiguration": lambda: self.members({"type": self.text}),
                "healthCheck": lambda: self.members({"command": self.texts, "interval": self.count}),
            }
        )

    def task_definition(self):
        volumes = {"name": self.volume, "host": lambda: self.members({"sourcePath": self.text})}
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
                "containerDefinitions": lambda: self.list_of(self.container, 4),
                "volumes": lambda: self.list_of(lambda: self.members(volumes), 3),
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
                "agentConnected": lambda: self.chance(0.5),
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
        if self.chance(0.2):
            members.append((self.unknown_name({member: make}), self.anything()))
        members = [(name, value) for name, value in members if value is not ABSENT]
        if self.chance(0.3):
            self.random.shuffle(members)
        return Members(members)
