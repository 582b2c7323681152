"""Fills a running moto server with an ECS world, through the AWS API only.

Two accounts with two Regions each (see world.py). Every account-Region holds
three busy clusters, an empty and a deleted one; Fargate and EC2 services, one
of them deleted; running and stopped tasks of both launch types; a container
instance in each busy cluster; families with ACTIVE and deregistered revisions.
The first account-Region holds in addition more than 100 of each object and
status, so that every listing and every batch is split.

Each container definition and each task override carries the canary as the
value of an environment variable, and nothing else does: an output with the
canary has a leak.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from typing import Any

from task_definitions import CONTAINERS, TAGS, task_definition
from world import ACCOUNTS, REGIONS, session_for

# moto matches cluster names by substring in ARNs: no name may be a part of another one, or of a fixed part of
# an ARN.
BUSY_CLUSTERS = ("storefront", "ledger", "harvest")
EMPTY_CLUSTER = "vacant"
DELETED_CLUSTER = "retired"

CROWDED = (ACCOUNTS[0], REGIONS[0])
CROWD = 120
"""How many of each object the crowded account-Region has beyond the others."""

RUN_TASK_MAX = 10
"""RunTask starts at most this many tasks in one call."""

UPDATE_STATE_MAX = 10
"""UpdateContainerInstancesState takes at most this many in one call."""


def pin_task_states(url: str) -> None:
    """Stops moto from moving a task to its next state on every DescribeTasks."""
    transition = {"progression": "manual", "times": 10**9}
    body = json.dumps({"model_name": "ecs::task", "transition": transition})
    request = urllib.request.Request(
        f"{url}/moto-api/state-manager/set-transition",
        data=body.encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30):
        pass


class Populator:
    """Creates the objects of one account in one Region."""

    def __init__(self, url: str, account: str, region: str, canary: str) -> None:
        session = session_for(url, account, region)
        self.ecs: Any = session.client("ecs", endpoint_url=url)
        self.ec2: Any = session.client("ec2", endpoint_url=url)
        self.account = account
        self.region = region
        self.canary = canary
        self.network: dict[str, Any] = {}

    def create_network(self) -> None:
        """A subnet and a security group for awsvpc tasks.

        Without DNS host names in the VPC, moto answers RunTask with a 500.
        """
        vpc_id = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
        subnet = self.ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.0.0/20")
        group = self.ec2.create_security_group(
            VpcId=vpc_id, GroupName="ecs-tasks", Description="ECS tasks"
        )
        self.network = {
            "awsvpcConfiguration": {
                "subnets": [subnet["Subnet"]["SubnetId"]],
                "securityGroups": [group["GroupId"]],
                "assignPublicIp": "DISABLED",
            }
        }

    def create_cluster(self, name: str) -> None:
        """A tagged cluster with Fargate's capacity providers."""
        self.ecs.create_cluster(
            clusterName=name,
            tags=TAGS,
            settings=[{"name": "containerInsights", "value": "enabled"}],
            configuration={
                "executeCommandConfiguration": {
                    "kmsKeyId": "alias/exec",
                    "logging": "OVERRIDE",
                    "logConfiguration": {"cloudWatchLogGroupName": f"/exec/{name}"},
                }
            },
            capacityProviders=["FARGATE", "FARGATE_SPOT"],
            defaultCapacityProviderStrategy=[
                {"capacityProvider": "FARGATE_SPOT", "weight": 1}
            ],
        )

    def register_instances(self, cluster: str, count: int) -> list[str]:
        """Container instances, without which moto starts no EC2 task; their ARNs."""
        image = "ami-12c6146b"  # one of the images that moto knows
        run = self.ec2.run_instances(ImageId=image, MinCount=count, MaxCount=count)
        arns: list[str] = []
        for instance in run["Instances"]:
            document = json.dumps({"instanceId": instance["InstanceId"]})
            answer = self.ecs.register_container_instance(
                cluster=cluster, instanceIdentityDocument=document
            )
            arns.append(answer["containerInstance"]["containerInstanceArn"])
        return arns

    def drain(self, cluster: str, arns: list[str]) -> None:
        """Sets container instances to DRAINING."""
        for start in range(0, len(arns), UPDATE_STATE_MAX):
            self.ecs.update_container_instances_state(
                cluster=cluster,
                containerInstances=arns[start : start + UPDATE_STATE_MAX],
                status="DRAINING",
            )

    def register(self, launch_type: str, family: str) -> str:
        """Registers the next revision of a family; its ARN."""
        definition = task_definition(
            launch_type, self.account, self.region, family, self.canary
        )
        answer = self.ecs.register_task_definition(**definition)
        arn: str = answer["taskDefinition"]["taskDefinitionArn"]
        return arn

    def placement(self, launch_type: str) -> dict[str, Any]:
        """The members of a service or task of the launch type about its place."""
        if launch_type == "EC2":
            return {"launchType": "EC2"}
        return {
            "launchType": "FARGATE",
            "networkConfiguration": self.network,
            "platformVersion": "1.4.0",
        }

    def create_service(
        self, cluster: str, name: str, launch_type: str, definition: str
    ) -> None:
        """A tagged service that runs two tasks, by moto's own count."""
        target_group = (
            f"arn:aws:elasticloadbalancing:{self.region}:{self.account}"
            f":targetgroup/{name}/0123456789abcdef"
        )
        self.ecs.create_service(
            cluster=cluster,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=2,
            loadBalancers=[
                {
                    "targetGroupArn": target_group,
                    "containerName": CONTAINERS[launch_type],
                    "containerPort": 8080,
                }
            ],
            tags=TAGS,
            **self.placement(launch_type),
        )
        # moto leaves runningCount at 0 until the service is updated.
        self.ecs.update_service(cluster=cluster, service=name, desiredCount=2)

    def delete_service(self, cluster: str, name: str) -> None:
        """Deletes a service, which moto keeps listing as INACTIVE."""
        self.ecs.update_service(cluster=cluster, service=name, desiredCount=0)
        self.ecs.delete_service(cluster=cluster, service=name)

    def run_tasks(
        self, cluster: str, launch_type: str, definition: str, count: int
    ) -> list[str]:
        """Starts `count` tasks with the canary in an override; their ARNs."""
        override = {
            "name": CONTAINERS[launch_type],
            "environment": [{"name": "SESSION_KEY", "value": self.canary}],
        }
        arns: list[str] = []
        while len(arns) < count:
            answer = self.ecs.run_task(
                cluster=cluster,
                taskDefinition=definition,
                count=min(RUN_TASK_MAX, count - len(arns)),
                overrides={"containerOverrides": [override]},
                startedBy="portolan-tests",
                tags=TAGS,
                **self.placement(launch_type),
            )
            if not answer["tasks"]:
                raise RuntimeError(f"moto found no room for a task in {cluster}")
            arns.extend(task["taskArn"] for task in answer["tasks"])
        return arns

    def stop_tasks(self, cluster: str, arns: list[str]) -> None:
        """Stops tasks, which moto keeps listing under desired status STOPPED."""
        for arn in arns:
            self.ecs.stop_task(cluster=cluster, task=arn, reason="Scaled in")

    def busy_cluster(self, name: str) -> None:
        """A cluster with both launch types, stopped tasks and a deleted service."""
        self.create_cluster(name)
        self.register_instances(name, 1)
        fargate = self.register("FARGATE", f"{name}-web")
        ec2 = self.register("EC2", f"{name}-agent")
        self.create_service(name, "web", "FARGATE", fargate)
        self.create_service(name, "agent", "EC2", ec2)
        self.create_service(name, "legacy", "EC2", ec2)
        self.delete_service(name, "legacy")
        tasks = self.run_tasks(name, "FARGATE", fargate, 5)
        tasks += self.run_tasks(name, "EC2", ec2, 4)
        self.stop_tasks(name, tasks[::4])

    def deregister_some(self, family: str) -> None:
        """A family of three revisions, of which only the newest is ACTIVE."""
        arns = [self.register("FARGATE", family) for _ in range(3)]
        for arn in arns[:2]:
            self.ecs.deregister_task_definition(taskDefinition=arn)

    def crowd(self) -> None:
        """More than one page, and more than one batch, of everything."""
        cluster = BUSY_CLUSTERS[0]
        for number in range(CROWD):
            self.create_cluster(f"tenant-{number:03}")
        arns = [self.register("EC2", "nightly-batch") for _ in range(2 * CROWD)]
        newest = self.register("FARGATE", "checkout")
        for number in range(CROWD):
            self.create_service(cluster, f"shop-{number:03}", "FARGATE", newest)
        for arn in arns[:CROWD]:
            self.ecs.deregister_task_definition(taskDefinition=arn)
        tasks = self.run_tasks(cluster, "FARGATE", newest, 2 * CROWD)
        self.stop_tasks(cluster, tasks[CROWD:])
        self.drain(cluster, self.register_instances(cluster, 2 * CROWD)[CROWD:])

    def populate(self) -> None:
        """Everything that this account-Region holds."""
        for name, value in [("containerInsights", "enhanced"), ("awsvpcTrunking", "disabled")]:
            self.ecs.put_account_setting(name=name, value=value)
        self.create_network()
        for name in BUSY_CLUSTERS:
            self.busy_cluster(name)
        self.create_cluster(EMPTY_CLUSTER)
        self.create_cluster(DELETED_CLUSTER)
        self.ecs.delete_cluster(cluster=DELETED_CLUSTER)
        self.deregister_some("reports")
        if (self.account, self.region) == CROWDED:
            self.crowd()


def main() -> None:
    """Reads the command line and fills the server."""
    parser = argparse.ArgumentParser(
        description="Fills a running moto server with an ECS world."
    )
    parser.add_argument("url", help="the server, for example http://127.0.0.1:5000")
    parser.add_argument(
        "--canary", required=True, help="the value of every environment variable"
    )
    arguments = parser.parse_args()
    started = time.monotonic()
    pin_task_states(arguments.url)
    for account in ACCOUNTS:
        for region in REGIONS:
            populator = Populator(arguments.url, account, region, arguments.canary)
            populator.populate()
    print(f"populated {arguments.url} in {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
