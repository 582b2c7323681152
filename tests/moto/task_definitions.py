"""The task definitions that populate.py registers, as RegisterTaskDefinition's input."""

from __future__ import annotations

from typing import Any

TAGS = [{"key": "team", "value": "harbour"}, {"key": "cost-centre", "value": "4711"}]
"""The tags of everything that can be tagged."""

CONTAINERS = {"FARGATE": "web", "EC2": "agent"}
"""The first container of a launch type's task definitions."""


def container(account: str, region: str, name: str, canary: str) -> dict[str, Any]:
    """A container definition with the canary in two values, and a secret."""
    secret = f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-a1b2c3"
    return {
        "name": name,
        "image": f"{account}.dkr.ecr.{region}.amazonaws.com/{name}:1.4.2",
        # Small, so that moto's one size of container instance holds many.
        "cpu": 16,
        "memory": 64,
        "essential": True,
        "environment": [
            {"name": "DATABASE_PASSWORD", "value": canary},
            {"name": "LOG_LEVEL", "value": f"debug {canary}"},
        ],
        "secrets": [{"name": "API_TOKEN", "valueFrom": secret}],
        # No host port: moto gives each host port of an instance away only once.
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
    }


def fargate(account: str, region: str, family: str, canary: str) -> dict[str, Any]:
    """A Fargate revision of two containers on ARM."""
    return {
        "family": family,
        "containerDefinitions": [
            container(account, region, CONTAINERS["FARGATE"], canary),
            container(account, region, "envoy", canary),
        ],
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
        "runtimePlatform": {
            "cpuArchitecture": "ARM64",
            "operatingSystemFamily": "LINUX",
        },
        "taskRoleArn": f"arn:aws:iam::{account}:role/{family}-task",
        "executionRoleArn": f"arn:aws:iam::{account}:role/{family}-execution",
        "tags": TAGS,
    }


def ec2(account: str, region: str, family: str, canary: str) -> dict[str, Any]:
    """An EC2 revision of one container with a volume of the host and one of EFS."""
    return {
        "family": family,
        "containerDefinitions": [container(account, region, CONTAINERS["EC2"], canary)],
        "requiresCompatibilities": ["EC2"],
        "networkMode": "bridge",
        "pidMode": "host",
        "ipcMode": "none",
        "volumes": [
            {"name": "logs", "host": {"sourcePath": "/var/log"}},
            {
                "name": "shared",
                "efsVolumeConfiguration": {
                    "fileSystemId": "fs-0a1b2c3d",
                    "transitEncryption": "DISABLED",
                },
            },
        ],
        "tags": TAGS,
    }


def task_definition(
    launch_type: str, account: str, region: str, family: str, canary: str
) -> dict[str, Any]:
    """A revision for the launch type, FARGATE or EC2."""
    define = fargate if launch_type == "FARGATE" else ec2
    return define(account, region, family, canary)
