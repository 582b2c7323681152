"""Controls of services, but for FIPS.2."""

from shared import exec_is_unlogged, public_address, tags
from verdict import FAIL, Control, failed, is_fargate, is_linux, is_windows, judge, not_applicable, of
from verdict import passed, unknown


def sv_1(case):
    verdict = public_address(case, [case.subject, *case.many("deployments")])
    if verdict.result != FAIL and not case.knows_all("deployments"):
        return unknown("incomplete:deployments")
    return verdict


def sv_2(case):
    version, family = case.subject.get("PLATFORM_VERSION"), case.subject.get("PLATFORM_FAMILY")
    if not is_fargate(case.subject):
        return not_applicable("not-fargate")
    if not version:
        return unknown("unknown:PLATFORM_VERSION")
    if not family or is_linux(family):
        latest = "1.4.0"
    elif is_windows(family):
        latest = "1.0.0"
    else:
        return unknown("unknown:PLATFORM_FAMILY")
    return judge("old-platform", of([case.subject], "PLATFORM_VERSION") if version not in ("LATEST", latest) else [])


def sv_4(case):
    nowhere = case.subject.get("PROPAGATE_TAGS") in (None, "", "NONE")
    return judge("not-propagated", of([case.subject], "PROPAGATE_TAGS") if nowhere else [])


def sv_5(case):
    if not case.subject.get("EXECUTE_COMMAND_ENABLED"):
        return passed()
    unlogged = exec_is_unlogged(case.one("cluster") or {})
    return failed("exec", *of([case.subject], "EXECUTE_COMMAND_ENABLED"), severity="high" if unlogged else None)


CONTROLS = [
    Control("SV.1", "high", sv_1),
    Control("SV.2", "medium", sv_2),
    Control("SV.3", "low", tags),
    Control("SV.4", "low", sv_4),
    Control("SV.5", "medium", sv_5),
]
