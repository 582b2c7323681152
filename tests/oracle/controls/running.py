"""TK.1: which services and groups of tasks run a revision that fails a control of task definitions."""

from verdict import FAIL

SEVERITIES = ["informational", "low", "medium", "high", "critical"]


def service_arn(cluster_arn, name):
    """As AWS makes it, where no record says it."""
    return f"{cluster_arn.replace(':cluster/', ':service/', 1)}/{name}"


def group_of(task, services):
    """Object and UID of what a task belongs to; `services` are the UIDs by cluster and name."""
    cluster, name = task.get("CLUSTER_ARN", ""), task.get("SERVICE_NAME")
    if name:
        return "EcsService", services.get((cluster, name)) or service_arn(cluster, name)
    return "EcsTaskGroup", f"{cluster}#{task.get('GROUP', '')}"


def running(findings, tasks, services):
    """A finding for each group and control. `findings` are those of task definitions."""
    failing = {}
    for finding in findings:
        if finding["RESULT"] == FAIL:
            failing.setdefault(finding["SUBJECT_UID"], []).append(finding)
    rows = {}
    for task in tasks:
        if task.get("SOURCE_STATUS") != "RUNNING":
            continue
        subject_object, uid = group_of(task, services)
        for finding in failing.get(task.get("TASK_DEFINITION_ARN"), []):
            control = "TK.1/" + finding["CONTROL_ID"]
            row = rows.setdefault(
                (control, uid),
                {
                    "UID": f"{control}@{uid}",
                    "CONTROL_ID": control,
                    "SEVERITY": finding["SEVERITY"],
                    "RESULT": FAIL,
                    "SUBJECT_OBJECT": subject_object,
                    "SUBJECT_UID": uid,
                    "RUNNING_TASKS_COUNT": 0,
                    "EVIDENCE": set(),
                    "CAUSE": "runs-failing-revision",
                },
            )
            row["RUNNING_TASKS_COUNT"] += 1
            row["SEVERITY"] = max(row["SEVERITY"], finding["SEVERITY"], key=SEVERITIES.index)
            row["EVIDENCE"] |= finding["EVIDENCE"]
    return list(rows.values())
