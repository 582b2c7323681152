"""Holds the tables in guest-assessors against the cases in tests/controls, as the assessor of tables is to read them."""

import re
import sys
import tomllib

import jmespath
from check import OBJECTS, ROOT, listed, read, validators
from jmespath import functions
from running import SEVERITIES
from shared import is_trusted
from verdict import FAIL, NOT_APPLICABLE, NOT_EVALUATED, PASS

NO_ATTRIBUTES = {"TAGS", "CONFIGURATIONS"}


class Functions(functions.Functions):
    @functions.signature({"types": ["string"]})
    def _func_upper(self, text):
        return text.upper()

    @functions.signature({"types": ["string"]})
    def _func_lower(self, text):
        return text.lower()

    # Capitals, with _ for all that is no letter or digit.
    @functions.signature({"types": ["string"]})
    def _func_identifier(self, text):
        return re.sub("[^A-Z0-9]", "_", text.upper())

    # The elements of one list that another has not.
    @functions.signature({"types": ["array", "null"]}, {"types": ["array", "null"]})
    def _func_without(self, these, others):
        return [element for element in these or [] if element not in (others or [])]

    # The elements whose image is from none of these registries.
    @functions.signature({"types": ["array", "null"]}, {"types": ["expref"]}, {"types": ["array"]})
    def _func_untrusted(self, elements, expression, registries):
        images = [(e, expression.visit(expression.expression, e)) for e in elements or []]
        return [e for e, image in images if image and not is_trusted(image, registries)]


OPTIONS = jmespath.Options(custom_functions=Functions())


def evaluate(expression, scope):
    return jmespath.search(expression, scope, OPTIONS)


def is_true(value):
    """As in JMESPath."""
    return value == 0 and value is not False or bool(value)


def tables():
    for path in sorted((ROOT / "guest-assessors").glob("*/controls.toml")):
        yield path.parent.name, tomllib.loads(path.read_text(encoding="utf-8"))


def joined(table, case):
    """What the host joins of the case's records: those of the same object that `where` and `having` let through."""
    related, complete, truncated = {}, {}, []
    for name, wanted in table.get("with", {}).items():
        sources = [key for key in case.get("related", {}) if OBJECTS[key] == wanted["object"]]
        records = [record for key in sources for record in listed(case["related"][key])]
        for attribute, values in wanted.get("where", {}).items():
            records = [record for record in records if record.get(attribute) in values]
        records = [record for record in records if all(attribute in record for attribute in wanted.get("having", []))]
        if len(records) > wanted.get("limit", 10000):
            truncated.append(name)
            records = records[: wanted.get("limit", 10000)]
        if wanted["many"]:
            related[name] = records
        elif records:
            related[name] = records[0]
        known = [case["complete"][key] for key in case.get("complete", {}) if OBJECTS.get(key) == wanted["object"]]
        complete[name] = all(known)
    complete |= {name: case.get("complete", {}).get(name, True) for name in NO_ATTRIBUTES}
    return related, complete, truncated


def fails(control):
    if "fail" in control:
        return [{"when": control["fail"], "reason": control["reason"], "evidence": control["evidence"]}]
    return control.get("fails", [])


def offenders(value, subject):
    is_records = isinstance(value, list) and all(isinstance(element, dict) for element in value)
    return value if is_records else [subject]


def evidence_of(entry, value, subject):
    for record in offenders(value, subject):
        for attribute in entry["evidence"]:
            whose, _, name = attribute.rpartition(".")
            yield (subject["UID"] if whose == "subject" else record["UID"], name)


def answer(table, control, case):
    """Result, severity and evidence, or None; completeness included, as the host lets it stand."""
    subject, settings = case["subject"], case.get("settings", {})
    if control.get("needs-setting") and not settings.get(control["needs-setting"]):
        return None
    for attribute, values in control.get("subjects", {}).items():
        if subject.get(attribute) not in values:
            return None
    related, complete, truncated = joined(table, case)
    scope = subject | related | {"subject": subject, "complete": complete, "truncated": truncated, "settings": settings}
    result, severity, evidence = PASS, control["severity"], set()
    if is_true(evaluate(control.get("not-applicable", "`false`"), scope)):
        result = NOT_APPLICABLE
    else:
        for entry in fails(control):
            value = evaluate(entry["when"], scope)
            if is_true(value):
                result = FAIL
                severity = max(severity, entry.get("severity", severity), key=SEVERITIES.index)
                evidence |= set(evidence_of(entry, value, subject))
        if result == PASS and is_true(evaluate(control.get("unknown", "`false`"), scope)):
            result = NOT_EVALUATED
    always = [name for name, when in control.get("reads", {}).items() if when == "always"]
    if result in (PASS, NOT_APPLICABLE) and any(not complete[name] or not related.get(name) for name in always):
        result = NOT_EVALUATED
    return result, severity, evidence


def agrees(found, case):
    if found is None or case["result"] is None:
        return found is None and case["result"] is None
    result, severity, evidence = found
    wanted = {tuple(pair) for pair in case.get("evidence", [])}
    more_is_welcome = case["control"].startswith("AU.") and result == FAIL
    return (
        result == case["result"]
        and case.get("severity", severity) == severity
        and (wanted <= evidence if more_is_welcome else wanted == evidence)
    )


def unknown_names(table):
    """Attributes and names in expressions, reasons and evidence that no schema and no join has."""
    schemas = validators()
    objects = [table["subject"], *(wanted["object"] for wanted in table.get("with", {}).values())]
    known = set().union(*(schemas[name].schema["properties"] for name in objects)) | NO_ATTRIBUTES
    for name, control in table["controls"].items():
        texts = [control.get("not-applicable", ""), control.get("unknown", "")]
        for entry in fails(control):
            texts += [entry["when"], *re.findall(r"\{(\w+)\}", entry["reason"]), *entry["evidence"]]
        for text in texts:
            if len(text) > 1000:
                yield f"{name}: an expression of {len(text)} characters"
            bare = re.sub(r"'[^']*'|`[^`]*`|\"[^\"]*\"", "", text)
            yield from (f"{name}: {word}" for word in re.findall(r"[A-Z][A-Z_0-9]+", bare) if word not in known)
        yield from (f"{name}: reads {read}" for read in control.get("reads", {}) if read not in table["with"])
        for member in ("title", "question", "condition", "severity", "remediation", "references"):
            if member not in control:
                yield f"{name}: no {member}"


def main():
    controls, faults, count, without = {}, [], 0, set()
    for kind, table in tables():
        faults += [f"{kind}: {fault}" for fault in unknown_names(table)]
        controls |= {name: (table, control) for name, control in table["controls"].items()}
    for where, case in read():
        name = case["control"]
        if name not in controls or not fails(controls[name][1]):
            without.add(name)
            continue
        count += 1
        found = answer(*controls[name], case)
        if not agrees(found, case):
            faults.append(f"{where}: {name}: {case['about']}\n  expected {case}\n  table {found}")
    for fault in faults:
        sys.stdout.write(fault + "\n")
    sys.stdout.write(f"{count} cases, {len(faults)} faults; in no table: {', '.join(sorted(without))}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
