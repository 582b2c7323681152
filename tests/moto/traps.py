"""Fills a running moto server with what each of Prowler's checks passes and fails, and with what it reads another way.

The Regions differ in the account setting `defaultLogDriverMode`. Beyond the first they hold only what depends on it.
Everything else in a definition or service is right, so that each differs from `good` in what its name says. The names
of clusters are no parts of one another: moto would mix them up.
"""

from __future__ import annotations

import argparse
import urllib.request
from typing import Any

from world import DEFAULT_ACCOUNT, session_for

LOG_MODES = {"us-east-1": "non-blocking", "eu-west-1": "blocking", "eu-north-1": None}
"""The account setting in each Region; None where nobody reads it."""

LOG = {"logDriver": "awslogs", "options": {"awslogs-group": "app", "mode": "non-blocking"}}
APP = {"name": "app", "image": "app:1", "memory": 64, "user": "1000", "readonlyRootFilesystem": True,
       "logConfiguration": LOG}
WINDOWS = {"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}

# Made up, and in pieces like the values of `tests/secrets`: no scanner of repositories should find them.
KEY_ID, KEY = "AK" "IAUJZDE8GXD6NCF10E", "spNxnyVmihA/2O76UMFx" "FkM/R5Kjp1vRt+1fjORS"
PEM = "-----BEGIN " "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGtNU++XASD9JmH2LPVY/eWj9B8rJz/nF8+PqP0r8SA3\n-----END PRIVATE KEY-----\n"
SECRETS = {
    "aws-key": {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": KEY},
    "aws-key-id": {"AWS_ACCESS_KEY_ID": KEY_ID},
    "github": {"GH": "gh" "p_nqcMUP6n0a0uARxlNtencYFJEeAgYz3HYZf7"},  # with the checksum that its last six characters are
    "github-without-checksum": {"GH": "gh" "p_nqcMUP6n0a0uARxlNtencYFJEeAgYzQJjOIf"},
    "slack": {"SLACK": "xo" "xb-453457769152-460195285900-n8ePsqMgLj2olXCwYjn5zYIk"},
    "private-key": {"TLS_KEY": PEM},
    "url": {"DATABASE_URL": "postgres://app:" "687neLfjVHq8" "@db.internal:5432/app"},
    "password": {"DB_PASSWORD": "hV7_qLr2" "pXw9Zk4T"},
    "word-and-year": {"DB_PASSWORD": "Summer" "2024"},
    "random": {"OPAQUE": "xfs9mhXGlChiLbIqTUwrVGVU" "voFvKWdCyCXUE8Ha"},
    "not-but-file": {"PASSWORD_FILE": "/run/secrets/password1"},
    "not-but-words": {"DB_PASSWORD": "correct horse battery"},
    "not-but-id": {"ID": "57587003-2264-4fa2-aba9-df8a12858221"},
}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in APP.items() if key != name}


def logging(driver: str, **options: str) -> dict[str, Any]:
    return APP | {"logConfiguration": {"logDriver": driver, "options": options}}


def environment(variables: dict[str, str]) -> dict[str, Any]:
    return APP | {"environment": [{"name": name, "value": value} for name, value in variables.items()]}


def sidecar(**more: Any) -> dict[str, Any]:
    return APP | {"name": "sidecar"} | more


# What depends on the account setting.
MODES = {
    "mode-unset": logging("awslogs", **{"awslogs-group": "app"}),
    "mode-without-options": APP | {"logConfiguration": {"logDriver": "awslogs"}},
    "mode-of-other-driver": logging("json-file"),
    "mode-blocking": logging("awslogs", mode="blocking"),
    "mode-non-blocking": APP,
}

# The containers of each family, and what the definition has besides.
FAMILIES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "good": ([environment({"LOG_LEVEL": "info"})], {}),
    "privileged": ([APP | {"privileged": True}], {}),
    "privileged-false": ([APP | {"privileged": False}], {}),
    "privileged-sidecar": ([APP, sidecar(privileged=True)], {}),
    "host-user": ([APP], {"networkMode": "host"}),
    "host-root": ([APP | {"user": "root"}], {"networkMode": "host"}),
    "host-user-unset": ([without("user")], {"networkMode": "host"}),
    "host-user-empty": ([APP | {"user": ""}], {"networkMode": "host"}),
    "host-user-0": ([APP | {"user": "0"}], {"networkMode": "host"}),
    "host-root-group": ([APP | {"user": "root:root"}], {"networkMode": "host"}),
    "host-privileged-root": ([APP | {"user": "root", "privileged": True}], {"networkMode": "host"}),
    "host-sidecar-root": ([APP, sidecar(user="root")], {"networkMode": "host"}),
    "bridge-root": ([APP | {"user": "root"}], {"networkMode": "bridge"}),
    "pid-host": ([APP], {"pidMode": "host"}),
    "pid-task": ([APP], {"pidMode": "task"}),
    "writable": ([APP | {"readonlyRootFilesystem": False}], {}),
    "writable-unset": ([without("readonlyRootFilesystem")], {}),
    "writable-sidecar": ([APP, sidecar(readonlyRootFilesystem=False)], {}),
    "linux": ([APP], {"runtimePlatform": {"operatingSystemFamily": "LINUX"}}),
    "windows": ([without("readonlyRootFilesystem") | {"user": "ContainerUser"}], WINDOWS),
    "windows-readonly": ([APP | {"user": "ContainerUser"}], WINDOWS),
    # No spelling of ECS, but the one that Prowler compares with.
    "windows-spelled": ([APP], {"runtimePlatform": {"operatingSystemFamily": "Windows"}}),
    "log-unset": ([without("logConfiguration")], {}),
    "log-of-one": ([APP, {key: value for key, value in sidecar().items() if key != "logConfiguration"}], {}),
    "log-firelens": ([logging("awsfirelens", mode="non-blocking"), without("logConfiguration") | {
        "name": "router", "firelensConfiguration": {"type": "fluentbit"}}], {}),
    **{family: ([container], {}) for family, container in MODES.items()},
    **{f"secret-{kind}": ([environment(secret)], {}) for kind, secret in SECRETS.items()},
}


class Region:
    """One account in one Region, which is filled."""

    def __init__(self, url: str, region: str) -> None:
        session = session_for(url, DEFAULT_ACCOUNT, region)
        self.ecs: Any = session.client("ecs", endpoint_url=url)
        subnets = session.client("ec2", endpoint_url=url).describe_subnets()["Subnets"]
        self.subnet = min(subnets, key=lambda subnet: subnet["CidrBlock"])["SubnetId"]
        self.region = region

    def network(self, **public: str) -> dict[str, Any]:
        at = {"subnets": [self.subnet], "securityGroups": []}
        return {"networkConfiguration": {"awsvpcConfiguration": at | public}}

    def register(self, family: str, containers: list[dict[str, Any]], more: dict[str, Any]) -> str:
        answer = self.ecs.register_task_definition(family=family, containerDefinitions=containers, **more)
        arn: str = answer["taskDefinition"]["taskDefinitionArn"]
        return arn

    def definitions(self) -> None:
        """Every family, and two whose older revision has a secret: one of these is deregistered."""
        for family, (containers, more) in FAMILIES.items():
            self.register(family, containers, more)
        for family in ("secret-of-old-revision", "secret-of-inactive-revision"):
            old = self.register(family, [environment(SECRETS["github"])], {})
            self.register(family, [APP], {})
        self.ecs.deregister_task_definition(taskDefinition=old)

    def clusters(self) -> None:
        for name, value in (("outpost", "enabled"), ("enhanced", "enhanced"), ("silent", "disabled"), ("erased", None)):
            settings = {"settings": [{"name": "containerInsights", "value": value}]} if value else {}
            self.ecs.create_cluster(clusterName=name, **settings)
        self.ecs.create_cluster(clusterName="blank")
        self.ecs.delete_cluster(cluster="erased")

    def service(self, name: str, definition: str = "good", **more: Any) -> None:
        self.ecs.create_service(
            cluster="outpost", serviceName=name, taskDefinition=definition, desiredCount=0, **more)

    def services(self) -> None:
        private, public = self.network(assignPublicIp="DISABLED"), self.network(assignPublicIp="ENABLED")
        self.service("public", launchType="EC2", **public)
        self.service("private", launchType="EC2", **private)
        self.service("address-unset", launchType="EC2", **self.network())
        self.service("bridge", launchType="EC2")
        self.service("deployment-public", launchType="EC2", **public)
        self.ecs.update_service(cluster="outpost", service="deployment-public", **private)
        for system, definition in (("fargate", "good"), ("linux", "linux"), ("windows", "windows"),
                                   ("windows-spelled", "windows-spelled")):
            for version in ("LATEST", "1.4.0", "1.3.0", "1.0.0"):
                self.service(f"{system}-{version.replace('.', '-').lower()}", definition, launchType="FARGATE",
                             platformVersion=version, **private)
        group = f"arn:aws:autoscaling:{self.region}:{DEFAULT_ACCOUNT}:autoScalingGroup:0b1c:autoScalingGroupName/hangar"
        self.ecs.create_capacity_provider(name="hangar", autoScalingGroupProvider={"autoScalingGroupArn": group})
        for name, provider, version in (("strategy-latest", "FARGATE", {"platformVersion": "LATEST"}),
                                        ("strategy-1-3-0", "FARGATE_SPOT", {"platformVersion": "1.3.0"}),
                                        ("strategy-of-instances", "hangar", {})):
            self.service(name, capacityProviderStrategy=[{"capacityProvider": provider}], **version, **private)
        self.ecs.create_service(cluster="outpost", serviceName="relay", deploymentController={"type": "EXTERNAL"})
        for external, network in (("public", public), ("private", private), ("bridge", {})):
            self.ecs.create_task_set(cluster="outpost", service="relay", taskDefinition="good", externalId=external,
                                     launchType="EC2", **network)

    def fill(self) -> None:
        mode = LOG_MODES[self.region]
        for name, value in (("containerInsights", "enabled"), ("awsvpcTrunking", "enabled"),
                            ("defaultLogDriverMode", mode)):
            if value:
                self.ecs.put_account_setting(name=name, value=value)
        if self.region != next(iter(LOG_MODES)):
            for family, container in MODES.items():
                self.register(family, [container], {})
            return
        self.definitions()
        self.clusters()
        self.services()


def fill(url: str) -> None:
    """Fills every Region. Ids, which moto draws, are the same in each empty server."""
    with urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/seed?a=16", method="POST"), timeout=30):
        pass
    for region in LOG_MODES:
        Region(url, region).fill()


def main() -> None:
    parser = argparse.ArgumentParser(description="Fills a running moto server with what checks judge.")
    parser.add_argument("url", help="the server, for example http://127.0.0.1:5000")
    fill(parser.parse_args().url)


if __name__ == "__main__":
    main()
