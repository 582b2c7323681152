"""The expected findings of an output."""

import argparse
import json
import sys

from joins import cases
from output import Output
from registry import CONTROLS
from running import running


def finding(control, name, case, verdict):
    uid = case.subject["UID"]
    row = {
        "UID": f"{control.id}@{uid}",
        "CONTROL_ID": control.id,
        "SEVERITY": verdict.severity or control.severity,
        "RESULT": verdict.result,
        "VERDICT": verdict.word,
        "SUBJECT_OBJECT": name,
        "SUBJECT_UID": uid,
        "EVIDENCE": set(verdict.evidence),
        "CAUSE": verdict.cause,
    }
    return {key: value for key, value in row.items() if value is not None}


def findings(folder, settings):
    output = Output(folder)
    newest = output.newest()
    for name, controls in CONTROLS.items():
        rows = []
        for case in cases(output, name, settings):
            record, more = case.subject, {}
            if name == "EcsTaskDefinition":
                if output.is_complete(record, name) and "FAMILY" in record and "REVISION" in record:
                    more["IS_LATEST"] = record["UID"] in newest
                if output.entries(record, "EcsTask"):
                    count = sum(task.get("SOURCE_STATUS") == "RUNNING" for task in case.many("tasks"))
                    if count or output.is_complete(record, "EcsTask"):
                        more["RUNNING_TASKS_COUNT"] = count
            for control in controls:
                verdict = control.answer(case)
                if verdict:
                    rows.append(finding(control, name, case, verdict) | more)
        yield from rows
        if name == "EcsTaskDefinition":
            services = {
                (service.get("CLUSTER_ARN"), service.get("SERVICE_NAME")): service["UID"]
                for service in output.records("EcsService")
            }
            yield from running(rows, output.records("EcsTask"), services)


def names(text):
    return [name for name in text.split(",") if name]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--trusted-registries", type=names, default=[])
    parser.add_argument("--required-tags", type=names, default=[])
    parser.add_argument("--revisions", choices=["latest-and-used", "all"], default="latest-and-used")
    arguments = vars(parser.parse_args())
    settings = {name.replace("_", "-"): value for name, value in arguments.items() if name != "folder"}
    for row in findings(arguments["folder"], settings):
        sys.stdout.write(json.dumps(row | {"EVIDENCE": sorted(row["EVIDENCE"])}) + "\n")


if __name__ == "__main__":
    main()
