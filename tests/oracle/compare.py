"""Compares `portolan map` with the reference, over random pages.

    python compare.py PORTOLAN PAGES SEED...

Exits 1 if there is a difference, and shows the first ones with their pages. Every record is also
validated against its printed schema, with a validator that is not the product's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

from jsonschema import Draft202012Validator
from pages import CANARY, Pages
from parts import PARTS_OF
from reference import map_page
from source import ANYTHING_BELOW, NotAPage

DIFFERENCES_SHOWN = 5
PAGE_CHARACTERS_SHOWN = 4_000
REGIONS = ["us-east-1", "cn-north-1", "us-gov-west-1"]
# Forms of a sync's one timestamp in a recording.
TIMES = ["2026-11-21T01:32:00.123Z", "2026-11-21T01:32:00Z", "2026-11-21T03:02:00.9999+01:30", "1969-12-31T23:59:59.9Z"]
PARTIAL = 3
SCHEMAS = Path(__file__).parents[2] / "schemas"
OBJECTS = {
    "DescribeClusters": "EcsCluster",
    "DescribeServices": "EcsService",
    "DescribeTasks": "EcsTask",
    "DescribeTaskDefinition": "EcsTaskDefinition",
    "DescribeContainerInstances": "EcsContainerInstance",
    "DescribeCapacityProviders": "EcsCapacityProvider",
    "ListAccountSettings": "EcsAccountSetting",
    "LookupEvents": "EcsAuditEvent",
}
# The parts of these objects. Services have two kinds.
PARTS = [
    {
        "DescribeServices": "EcsDeployment",
        "DescribeTasks": "EcsContainer",
        "DescribeTaskDefinition": "EcsContainerDefinition",
    },
    {"DescribeServices": "EcsTaskSet"},
]
# What is not compared: `TASK_ARN/SERVICE_NAME` is the latter attribute of records that have the former one.
WITHOUT = [each.split("/") for each in os.environ.get("PORTOLAN_TEST_WITHOUT", "").split(",") if each]


def main(portolan, count, *seeds):
    seen = {"pages": 0, "records": 0, "rejections": 0, "warnings": 0, "refused": 0}
    for seed in seeds:
        lines = recorded(Random(int(seed)), int(count))
        differences = [each for objects in [OBJECTS, *PARTS] for each in compare(portolan, lines, seen, objects)]
        for difference in differences[:DIFFERENCES_SHOWN]:
            print(f"seed {seed}, {difference}")
        if differences:
            sys.exit(f"seed {seed}: {len(differences)} differences in {count} pages")
    print(json.dumps(seen))


def recorded(random, count):
    pages = Pages(random)
    lines = []
    for number in range(1, count + 1):
        operation, body = pages.body()
        context = {
            # The account identifies the page of a record.
            "account_id": f"{number:012}",
            "region": random.choice(REGIONS),
            "sync_timestamp": random.choice(TIMES),
        }
        lines.append({"operation": operation, "context": context, "body": body})
    return lines


def validator(object_name):
    schema = json.loads((SCHEMAS / f"{object_name}.schema.json").read_text())
    # Without a check of formats: it accepts years from 0001 on only, and the pattern checks the same.
    return Draft202012Validator(schema)


def compare(portolan, lines, seen, objects):
    """Every difference, as text."""
    validators = {operation: validator(name) for operation, name in objects.items()}
    lines = [line for line in lines if line["operation"] in objects]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    command = [portolan, "map", "--objects", ",".join(objects.values()), "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    records = [json.loads(line) for line in done.stdout.split(b"\n")[:-1]]
    issues = {}
    for line in done.stderr.splitlines():
        issue = json.loads(line)
        issues.setdefault(issue["line"], []).append(issue)

    at = 0
    refused = 0
    for number, line in enumerate(lines, 1):
        seen["pages"] += 1
        found = []
        while at < len(records) and records[at].get("ACCOUNT_ID") == line["context"]["account_id"]:
            found.append(records[at])
            at += 1
        said = issues.get(number, [])
        if [issue["code"] for issue in said] == ["parts-too-large"] and not found:
            refused += 1
            continue
        try:
            expected = map_page(line["operation"], line["context"], line["body"], PARTS_OF.get(objects[line["operation"]]))
        except NotAPage as reason:
            severities = [issue["severity"] for issue in said]
            refused += severities == ["error"]
            # A list that is none is one rejected part.
            is_refused = not found and (severities == ["error"] or objects in PARTS)
            wrong = [] if is_refused else [f"not refused: {reason}"]
        else:
            wrong = list(compare_page(expected, found, said))
            wrong += [error.message for record in found for error in validators[line["operation"]].iter_errors(record)]
            seen["records"] += len(found)
            seen["rejections"] += len(expected.rejected)
            seen["warnings"] += len(expected.warned)
        if wrong:
            page = line["body"].encode("unicode_escape").decode()[:PAGE_CHARACTERS_SHOWN]
            yield "\n".join([f"page {number}, {line['operation']}:", *wrong, page, ""])
    seen["refused"] += refused
    if at < len(records):
        yield f"record {at + 1} is of another page than the ones before it, or of none: {records[at]}"
    if CANARY.encode() in done.stdout + done.stderr:
        yield "the value of an environment variable appears"
    if done.returncode != (PARTIAL if refused else 0):
        yield f"exit status {done.returncode} with {refused} pages that hold no response"


def compare_page(expected, found, said):
    if len(found) != len(expected.records):
        yield f"{len(found)} records instead of {len(expected.records)}"
    for wanted, record in zip(expected.records, found, strict=False):
        left_out = {name for arn, name in WITHOUT if arn in wanted}
        for name in sorted((wanted.keys() | record.keys()) - left_out):
            if not same(wanted.get(name), record.get(name)):
                yield f"{wanted['UID']!a:.300} has {name} {record.get(name)!a:.300} instead of {wanted.get(name)!a:.300}"
    yield from compare_issues("rejected", expected.rejected, said)
    yield from compare_issues("warning", expected.warned, said)
    for issue in said:
        if issue["severity"] not in ("rejected", "warning"):
            yield f"unexpected {issue}"


def same(wanted, found):
    """Equality that distinguishes `1`, `1.0` and `true`."""
    return type(wanted) is type(found) and wanted == found


def fits(path, wanted):
    if wanted.endswith(ANYTHING_BELOW):
        return path.startswith(wanted.removesuffix(ANYTHING_BELOW))
    return path == wanted


def compare_issues(severity, expected, said):
    found = {}
    for issue in said:
        if issue["severity"] == severity:
            found.setdefault(issue.get("source_index"), []).append(issue.get("path", ""))
    for index in sorted(expected.keys() | found.keys(), key=str):
        wanted, paths = expected.get(index, []), found.get(index, [])
        if severity == "rejected":
            # One reason is enough, but it has to be true.
            if len(paths) != 1 or not any(fits(paths[0], path) for path in wanted):
                yield f"object {index} is rejected for {paths} instead of one of {wanted}"
        elif sorted(paths) != sorted(wanted):
            yield f"object {index} has warnings for {paths} instead of {wanted}"


if __name__ == "__main__":
    main(*sys.argv[1:])
