"""Controls of tasks, but for FIPS.1 and TK.1."""

from verdict import Control, failed, judge, not_applicable, of, passed, unknown

ROLES = ("TASK_ROLE_ARN", "EXECUTION_ROLE_ARN")


def tk_2(case):
    task, service, definition = case.subject, case.one("service"), case.one("definition") or {}
    primary = next((d for d in case.many("deployments") if d.get("SOURCE_STATUS") == "PRIMARY"), None)
    if "STOPPED" in (task.get("SOURCE_STATUS"), task.get("DESIRED_STATUS")):
        return not_applicable("stopped")
    if not task.get("SERVICE_NAME"):
        return not_applicable("standalone")
    if not service:
        return unknown("no-record:service")
    if not primary:
        return not_applicable("no-primary") if case.knows_all("deployments") else unknown("incomplete:deployments")
    if not primary.get("ROLLOUT_STATE"):
        return unknown("unknown:ROLLOUT_STATE")
    if primary["ROLLOUT_STATE"] != "COMPLETED":
        return not_applicable("rollout")
    runs, wanted, status = task.get("TASK_DEFINITION_ARN"), primary.get("TASK_DEFINITION"), definition.get("SOURCE_STATUS")
    found = of([primary], "TASK_DEFINITION") if runs and wanted and runs != wanted else []
    found += of([definition], "SOURCE_STATUS") if status in ("INACTIVE", "DELETE_IN_PROGRESS") else []
    if not found and not (runs and wanted and status):
        return unknown("unknown:revision")
    return judge("stale", found and found + of([task], "TASK_DEFINITION_ARN"))


def tk_3(case):
    task, definition = case.subject, case.one("definition")
    overridden = [role for role in ROLES if task.get("OVERRIDE_" + role)]
    if not overridden:
        return passed()
    if not definition:
        return unknown("no-record:definition")
    other = [role for role in overridden if task["OVERRIDE_" + role] != definition.get(role)]
    return judge("role", [pair for role in other for pair in of([task], "OVERRIDE_" + role) + of([definition], role)])


def tk_4(case):
    if not case.subject.get("EXECUTE_COMMAND_ENABLED"):
        return passed()
    running = [c for c in case.many("taskContainers") if c.get("EXECUTE_COMMAND_AGENT_STATUS") == "RUNNING"]
    if running:
        evidence = of([case.subject], "EXECUTE_COMMAND_ENABLED") + of(running, "EXECUTE_COMMAND_AGENT_STATUS")
        return failed("agent-runs", *evidence)
    if not case.knows_all("taskContainers"):
        return unknown("incomplete:taskContainers")
    return passed() if case.many("taskContainers") else unknown("no-record:taskContainers")


CONTROLS = [Control("TK.2", "low", tk_2), Control("TK.3", "high", tk_3), Control("TK.4", "medium", tk_4)]
