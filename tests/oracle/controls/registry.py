"""Which controls ask about which object."""

import account_setting
import audit_event
import capacity
import cluster
import fips
import service
import task
import task_definition
import task_set

CONTROLS = {
    "EcsTaskDefinition": task_definition.CONTROLS,
    "EcsService": service.CONTROLS + fips.SERVICES,
    "EcsTaskSet": task_set.CONTROLS,
    "EcsCluster": cluster.CONTROLS,
    "EcsCapacityProvider": capacity.PROVIDERS,
    "EcsContainerInstance": capacity.INSTANCES,
    "EcsAccountSetting": account_setting.CONTROLS,
    "EcsTask": task.CONTROLS + fips.TASKS,
    "EcsAuditEvent": audit_event.CONTROLS,
}
BY_ID = {control.id: (name, control) for name, controls in CONTROLS.items() for control in controls}
