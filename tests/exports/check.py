"""Checks an export with validators that others wrote, and prints every problem.

Usage: check.py ocsf|sarif|asff|csv FILE TOOLS
TOOLS is the folder that tests/setup.sh installs validators into.
"""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema

FORMAT, FILE, TOOLS = sys.argv[1:]


def lines():
    with open(FILE, encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            yield f"line {number}", json.loads(line)


def refused(schema, document):
    validator = jsonschema.validators.validator_for(schema)
    checked = validator(schema, format_checker=validator.FORMAT_CHECKER)
    for error in checked.iter_errors(document):
        yield f"{error.json_path}: {error.message[:300]}"


def ocsf():
    sys.path.insert(0, f"{TOOLS}/python")
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    published = get_ocsf_schema("1.8.0")
    source = OcsfJsonSchemaEmbedded(published)
    schemas = {}
    for place, event in lines():
        uid = event.get("class_uid")
        names = [name for name, it in published["classes"].items() if it.get("uid") == uid]
        if not names:
            yield f"{place}: no class has the uid {uid}"
            continue
        profiles = event["metadata"]["profiles"]
        key = (names[0], *profiles)
        if key not in schemas:
            schemas[key] = source.get_class_schema(names[0], profiles)
        for problem in refused(schemas[key], event):
            yield f"{place}: {problem}"
        yield from (f"{place}: {problem}" for problem in words(published, names[0], event))


def words(published, name, event):
    """What the class says and JSON Schema does not: words beside their numbers, and milliseconds."""
    attributes = published["classes"][name]["attributes"]
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        yield "type_uid is not that of the class and the activity"
    for attribute in ("activity_id", "severity_id", "status_id"):
        value = event[attribute]
        caption = attributes[attribute]["enum"][str(value)]["caption"]
        word = event[attribute.replace("_id", "_name" if attribute == "activity_id" else "")]
        if value != 99 and word != caption:
            yield f"{attribute} {value} is {caption}, not {word}"
    for time in (event["time"], event.get("finding_info", {}).get("last_seen_time", event["time"])):
        if not 1_577_836_800_000 < time < 4_102_444_800_000:
            yield f"{time} is not in milliseconds"


def sarif():
    package = f"{TOOLS}/node_modules/@microsoft/sarif-multitool-linux"
    with open(f"{package}/sarif-2.1.0.json", encoding="utf-8") as file:
        schema = json.load(file)
    with open(FILE, encoding="utf-8") as file:
        yield from refused(schema, json.load(file))
    # The tool has rules beyond the schema. It passes over files with another extension, and over documents that it
    # cannot read, and does not fail then.
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(FILE, f"{folder}/export.sarif")
        ended = subprocess.run(
            [f"{package}/Sarif.Multitool", "validate", copy, "--level", "Error", "--max-file-size-in-kb", "1000000"],
            env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    is_done = "Done. 1 files scanned." in ended.stdout and "skipped" not in ended.stdout
    if ended.returncode or not is_done:
        yield f"Sarif.Multitool ended with {ended.returncode}: {ended.stdout}{ended.stderr}"
    yield from (line for line in ended.stdout.splitlines() if ": error " in line)


def asff():
    import botocore.session
    from botocore.validate import ParamValidator

    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    for place, finding in lines():
        report = ParamValidator().validate({"Findings": [finding]}, shape)
        if report.has_errors():
            yield f"{place}: {report.generate_report()}"
            continue
        element = shape.members["Findings"].member
        yield from (f"{place}: {problem}" for problem in bounds(element, finding, "finding", element.documentation))
        if len(json.dumps(finding, ensure_ascii=False).encode()) > 240 * 1000:
            yield f"{place}: larger than 240 KB"
        # Members that an import never updates, and what could hold values of variables.
        for member in ("Note", "UserDefinedFields", "VerificationState", "Workflow"):
            if member in finding:
                yield f"{place}: an import does not take {member}"
        if any("Details" in resource for resource in finding["Resources"]):
            yield f"{place}: a resource has details"


def bounds(shape, value, path, documentation):
    """Enums, patterns and the lengths in the model's documentation, none of which the SDK checks."""
    text = re.sub(r"<[^>]+>", "", documentation or "")
    # Without "pairs", whose lengths are of keys and values.
    most = re.search(r"Maximum (?:length|number) of (\d+)|Maximum of (\d+) length", text)
    most = int(next(filter(None, most.groups()))) if most else None
    if shape.type_name == "structure":
        for name, inner in value.items():
            member = shape.members[name]
            yield from bounds(member, inner, f"{path}.{name}", member.documentation)
    elif shape.type_name == "list":
        if most is not None and len(value) > most:
            yield f"{path} has {len(value)} elements, and {most} are allowed"
        for inner in value:
            yield from bounds(shape.member, inner, f"{path}[]", "")
    elif shape.type_name == "map":
        pairs, key, length = map(int, re.findall(r"up to (\d+)", text))
        if len(value) > pairs:
            yield f"{path} has {len(value)} pairs, and {pairs} are allowed"
        for name, inner in value.items():
            if len(name) > key or units(inner) > length:
                yield f"{path}.{name} is too long"
            yield from bounds(shape.value, inner, f"{path}.{name}", "")
    elif shape.type_name == "string":
        if most is not None and units(value) > most:
            yield f"{path} has {units(value)} characters, and {most} are allowed"
        if shape.enum and value not in shape.enum:
            yield f"{path} is {value}, which is not one of {shape.enum}"
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            yield f"{path} does not match {pattern}"


def units(text):
    return len(text.encode("utf-16-le")) // 2


def table():
    with open(FILE, encoding="utf-8", newline="") as file:
        content = file.read()
    if content.replace("\r\n", "").endswith(("\r", "\n")) or not content.endswith("\r\n"):
        yield "the last line does not end as RFC 4180 says"
    # Python's own limit is not the format's.
    csv.field_size_limit(sys.maxsize)
    rows = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    for number, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            yield f"row {number} has {len(row)} cells, and the header {len(rows[0])}"
        for cell in row:
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
                yield f"row {number} has a formula: {cell[:40]}"


problems = list({"ocsf": ocsf, "sarif": sarif, "asff": asff, "csv": table}[FORMAT]())
print("\n".join(problems[:50]))
sys.exit(bool(problems))
