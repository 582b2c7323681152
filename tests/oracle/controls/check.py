"""Holds the oracle against the cases in tests/controls."""

import json
import sys
from pathlib import Path

from findings import finding
from jsonschema import Draft202012Validator
from registry import BY_ID
from running import running
from verdict import Case

ROOT = Path(__file__).parents[3]
OBJECTS = {
    "containers": "EcsContainerDefinition",
    "tasks": "EcsTask",
    "definition": "EcsTaskDefinition",
    "definitions": "EcsTaskDefinition",
    "service": "EcsService",
    "services": "EcsService",
    "cluster": "EcsCluster",
    "deployments": "EcsDeployment",
    "taskSets": "EcsTaskSet",
    "settings": "EcsAccountSetting",
    "providers": "EcsCapacityProvider",
    "events": "EcsAuditEvent",
    "taskContainers": "EcsContainer",
}


def read():
    """Every case with the file and line that it stands in."""
    for path in sorted((ROOT / "tests/controls").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if line:
                yield f"{path.name}:{number}", json.loads(line)


def listed(value):
    return value if isinstance(value, list) else [value]


def validators():
    made = {}
    for path in (ROOT / "schemas").glob("Ecs*.schema.json"):
        schema = json.loads(path.read_text(encoding="utf-8"))
        del schema["required"]
        if path.name.startswith("EcsContainerDefinition"):
            schema["properties"].setdefault("SECRET_SUSPECTS", {"type": "array", "items": {"type": "string"}})
        made[path.name.split(".")[0]] = Draft202012Validator(schema)
    return made


def faults_of_records(case, schemas):
    """Attributes that no record of that object has, or of a wrong type."""
    name = BY_ID[case["control"]][0] if case["control"] in BY_ID else "EcsService"
    records = [(name, case["subject"])]
    records += [(OBJECTS[key], record) for key, value in case.get("related", {}).items() for record in listed(value)]
    for name, record in records:
        yield from (f"{record['UID']}: {error.message}" for error in schemas[name].iter_errors(record))
        yield from (f"{record['UID']}: no {key}" for key in ("NAME", "ACCOUNT_ID", "REGION") if key not in record)


def expected(case):
    """None where there is to be no finding."""
    if case["result"] is None:
        return None
    row = {"result": case["result"], "evidence": sorted(map(tuple, case.get("evidence", [])))}
    return row | {name: case[name] for name in ("verdict", "severity", "running") if name in case}


def comparable(row, case):
    """What the case says something about."""
    if row is None:
        return None
    names = {"verdict": "VERDICT", "severity": "SEVERITY", "running": "RUNNING_TASKS_COUNT"}
    found = {"result": row["RESULT"], "evidence": sorted(row["EVIDENCE"])}
    found |= {name: row.get(key) for name, key in names.items() if name in case}
    if "VERDICT" in row:
        found["verdict"] = row["VERDICT"]
    return found


def answer(case):
    subject, related = case["subject"], case.get("related", {})
    asked = Case(subject, related, case.get("complete", {}), case.get("settings", {}))
    if case["control"] in BY_ID:
        name, control = BY_ID[case["control"]]
        verdict = control.answer(asked)
        return verdict and finding(control, name, asked, verdict)
    name, control = BY_ID[case["control"].removeprefix("TK.1/")]
    rows = []
    for definition in related["definitions"]:
        own = {"containers": [c for c in related.get("containers", []) if c["TASK_DEFINITION_ARN"] == definition["UID"]]}
        one = Case(definition, own, {}, case.get("settings", {}))
        rows.append(finding(control, name, one, control.answer(one)))
    services = {(s["CLUSTER_ARN"], s["SERVICE_NAME"]): s["UID"] for s in related.get("services", [])}
    found = [row for row in running(rows, related["tasks"], services) if row["SUBJECT_UID"] == subject["UID"]]
    return found[0] if found else None


def main():
    schemas, count, faults = validators(), 0, []
    for where, case in read():
        count += 1
        faults += [f"{where}: {fault}" for fault in faults_of_records(case, schemas)]
        found, wanted = comparable(answer(case), case), expected(case)
        if found != wanted:
            faults.append(f"{where}: {case['control']}: {case['about']}\n  expected {wanted}\n  computed {found}")
    for fault in faults:
        sys.stdout.write(fault + "\n")
    sys.stdout.write(f"{count} cases, {len(faults)} faults\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
