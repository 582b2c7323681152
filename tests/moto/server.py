"""moto's server, whose services keep what moto drops: their capacity provider strategy and their platform family."""

from __future__ import annotations

import sys

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.server import main

create_service = EC2ContainerServiceResponse.create_service


def create_whole_service(self: EC2ContainerServiceResponse) -> ActionResult:
    """CreateService as ECS does it.

    The family is spelled as the task definition spells its system, else as AWS's samples do.
    """
    answer = create_service(self)
    service = answer.result["service"]
    strategy = self._get_param("capacityProviderStrategy")
    if strategy:
        service.capacity_provider_strategy, service.launch_type = strategy, None
    providers = [each["capacityProvider"] for each in strategy or []]
    if service.launch_type == "FARGATE" or any(each.startswith("FARGATE") for each in providers):
        definition = self.ecs_backend.describe_task_definition(self._get_param("taskDefinition"))
        service.platform_family = (definition.runtime_platform or {}).get("operatingSystemFamily", "Linux")
    return answer


if __name__ == "__main__":
    EC2ContainerServiceResponse.create_service = create_whole_service
    main(sys.argv[1:])
