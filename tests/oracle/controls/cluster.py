"""Controls of clusters."""

from shared import exec_is_unlogged, tags
from verdict import Control, is_fargate, judge, not_applicable, of, unknown


def cl_1(case):
    insights = case.subject.get("CONTAINER_INSIGHTS")
    if case.subject.get("SOURCE_STATUS") not in (None, "", "ACTIVE"):
        return not_applicable("not-active")
    if not insights:
        return unknown("unknown:CONTAINER_INSIGHTS")
    off = insights not in ("enabled", "enhanced")
    return judge("no-insights", of([case.subject], "CONTAINER_INSIGHTS") if off else [])


def used_as(case, question):
    """None where a service or task of the cluster is used so, else the answer that follows."""
    if any(question(record) for name in ("services", "tasks") for record in case.many(name)):
        return None
    if case.knows_all("services", "tasks"):
        return not_applicable("not-used")
    return unknown("incomplete:usage")


def cl_3(case):
    unused = used_as(case, lambda record: record.get("EXECUTE_COMMAND_ENABLED"))
    if unused:
        return unused
    if "EXECUTE_COMMAND_LOGGING" not in case.subject and not case.knows_all("CONFIGURATIONS"):
        return unknown("not-read:CONFIGURATIONS")
    return judge("unlogged", of([case.subject], "EXECUTE_COMMAND_LOGGING") if exec_is_unlogged(case.subject) else [])


def cl_4(case):
    attribute = "FARGATE_EPHEMERAL_STORAGE_KMS_KEY_ID"
    unused = used_as(case, is_fargate)
    if unused:
        return unused
    if not case.subject.get(attribute) and not case.knows_all("CONFIGURATIONS"):
        return unknown("not-read:CONFIGURATIONS")
    return judge("no-key", [] if case.subject.get(attribute) else of([case.subject], attribute))


CONTROLS = [
    Control("CL.1", "medium", cl_1),
    Control("CL.2", "low", tags),
    Control("CL.3", "medium", cl_3),
    Control("CL.4", "informational", cl_4),
]
