"""FIPS.1 and FIPS.2."""

import re
from datetime import datetime, timedelta

from capacity import in_govcloud, is_managed, managed
from verdict import FAIL, NOT_APPLICABLE, NOT_EVALUATED, PASS, Control, Verdict, is_linux, of

CHANGES = {"PutAccountSetting", "PutAccountSettingDefault", "DeleteAccountSetting"}
WORDS = {
    FAIL: ["NOT_READY", "READY_OFF", "MANAGED_OFF"],
    NOT_EVALUATED: ["NOT_EVALUATED", "READY_ON_UNCERTAIN"],
    PASS: ["READY_ON", "MANAGED_ON"],
    NOT_APPLICABLE: ["NOT_OFFERED", "MANAGED_OFF", "HOST"],
}


def worded(result, word, cause=None, evidence=()):
    return Verdict(result, cause or word.lower(), frozenset(evidence), word)


def missing(what):
    return worded(NOT_EVALUATED, "NOT_EVALUATED", f"unknown:{what}")


def first(sources):
    """The first record and attribute that there is."""
    return next(((record, name) for record, name in sources if record and record.get(name)), None)


def fits_version(version):
    """None if it is no number."""
    if version == "LATEST":
        return True
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version):
        return None
    parts = [int(part) for part in version.split(".")]
    return parts + [0] * (3 - len(parts)) >= [1, 4, 0]


def read(sources, definition, default, fits):
    """Whether an input fits (None: not known), and the evidence."""
    found = first(sources)
    if not found:
        return (True if definition and default else None), []
    record, name = found
    return fits(record[name]), of([record], name)


def on_fargate(case, units, definition, setting_verdict):
    """The verdict on Fargate; `units` are the records that may name an input, nearest first."""
    if not in_govcloud(case.subject):
        return worded(NOT_APPLICABLE, "NOT_OFFERED")
    inputs = {
        "os": read([(u, "PLATFORM_FAMILY") for u in units[:1]] + [(definition, "OPERATING_SYSTEM_FAMILY")], definition, True, is_linux),
        "cpu": read(
            [(u, "CPU_ARCHITECTURE") for u in units[:1]] + [(definition, "CPU_ARCHITECTURE")],
            definition,
            True,
            lambda cpu: cpu.lower() == "x86_64",
        ),
        "platform": read([(u, "PLATFORM_VERSION") for u in units], definition, False, fits_version),
    }
    failing = [name for name, (fits, _) in inputs.items() if fits is False]
    if failing:
        evidence = [pair for name in failing for pair in inputs[name][1]]
        return worded(FAIL, "NOT_READY", "not-ready:" + ",".join(failing), evidence)
    absent = [name for name, (fits, _) in inputs.items() if fits is None]
    return missing(",".join(absent)) if absent else setting_verdict(case)


def by_setting(case, is_certain):
    setting = next((s for s in case.many("settings") if s["NAME"] == "fargateFIPSMode"), None)
    if not setting or not setting.get("VALUE"):
        return missing("fargateFIPSMode")
    is_on = setting["VALUE"] in ("enabled", "on")
    if setting.get("IS_CALLERS_OWN") is not False:
        return worded(NOT_EVALUATED, "READY_ON_UNCERTAIN", "own-setting") if is_on else missing("others-setting")
    if not is_on:
        return worded(FAIL, "READY_OFF", None, of([setting], "VALUE"))
    return worded(PASS, "READY_ON") if is_certain(case) else worded(NOT_EVALUATED, "READY_ON_UNCERTAIN", "time")


def time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def age(text):
    unit = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}[text[-1]]
    return timedelta(**{unit: int(text[:-1])})


def started_under_setting(case):
    started = case.subject.get("LAST_STARTED") or case.subject.get("FIRST_SEEN")
    if not started or not case.knows_all("events"):
        return False
    since = age(case.settings.get("EcsAuditEvent.since", "24h"))
    changes = [
        time(event["EVENT_TIME"])
        for event in case.many("events")
        if event.get("EVENT_NAME") in CHANGES
        and event.get("SETTING_NAME") == "fargateFIPSMode"
        and not event.get("ERROR_CODE")
        and event.get("EVENT_TIME")
    ]
    return time(started) >= max([time(case.subject["LAST_CAPTURED"]) - since, *changes])


def provider_named(case, name):
    """In the cluster, else without one."""
    cluster = case.subject.get("CLUSTER_ARN") or ""
    named = [p for p in case.many("providers") if p["NAME"] == name]
    own = [p for p in named if p.get("CLUSTER_ARN") and p["CLUSTER_ARN"] in (cluster, cluster.split("/")[-1])]
    return (own + [p for p in named if not p.get("CLUSTER_ARN")] + [None])[0]


def on(case, launch_type, provider_name, fargate):
    """The verdict where a launch type or else a provider says where tasks run."""
    provider = provider_named(case, provider_name) if provider_name else None
    kind = launch_type
    if not kind and provider_name in ("FARGATE", "FARGATE_SPOT"):
        kind = "FARGATE"
    if not kind and provider:
        kind = "MANAGED_INSTANCES" if is_managed(provider) else provider.get("TYPE")
        kind = kind or ("EC2" if provider.get("AUTO_SCALING_GROUP_ARN") else None)
    if kind in ("FARGATE", "FARGATE_SPOT"):
        return fargate()
    if kind in ("EC2", "EXTERNAL", "EC2_AUTOSCALING"):
        return worded(NOT_APPLICABLE, "HOST")
    if kind == "MANAGED_INSTANCES":
        return managed(provider) if provider else missing("provider")
    return missing("capacity")


def fips_1(case):
    def fargate():
        units = [case.subject, case.one("service")]
        return on_fargate(case, units, case.one("definition"), lambda case: by_setting(case, started_under_setting))

    return on(case, case.subject.get("LAUNCH_TYPE"), case.subject.get("CAPACITY_PROVIDER"), fargate)


def of_unit(case, unit):
    """A verdict for the launch type, or for each provider."""
    definitions = {d["UID"]: d for d in case.many("definitions")}

    def fargate():
        definition = definitions.get(unit.get("TASK_DEFINITION"))
        return on_fargate(case, [unit, case.subject], definition, lambda case: by_setting(case, lambda _: True))

    if unit.get("LAUNCH_TYPE"):
        return [on(case, unit["LAUNCH_TYPE"], (unit.get("CAPACITY_PROVIDERS") or [None])[0], fargate)]
    return [on(case, None, name, fargate) for name in unit.get("CAPACITY_PROVIDERS", [])]


def fips_2(case):
    units = [case.subject, *case.many("deployments"), *case.many("taskSets")]
    verdicts = [verdict for unit in units for verdict in of_unit(case, unit)] or [missing("capacity")]
    result = next(r for r in (FAIL, NOT_EVALUATED, PASS, NOT_APPLICABLE) if any(v.result == r for v in verdicts))
    if result in (PASS, NOT_APPLICABLE) and not case.knows_all("deployments", "taskSets"):
        return worded(NOT_EVALUATED, "NOT_EVALUATED", "incomplete:units")
    these = [v for v in verdicts if v.result == result]
    word = next(word for word in WORDS[result] if any(v.word == word for v in these))
    evidence = frozenset().union(*(v.evidence for v in verdicts))
    return Verdict(result, these[0].cause, evidence if result == FAIL else frozenset(), word)


TASKS = [Control("FIPS.1", "medium", fips_1)]
SERVICES = [Control("FIPS.2", "medium", fips_2)]
