"""Controls of capacity providers and container instances."""

from verdict import FAIL, NOT_APPLICABLE, PASS, Control, Verdict, judge, not_applicable, of, passed, unknown


def cp_1(case):
    provider = case.subject
    if not provider.get("AUTO_SCALING_GROUP_ARN") and provider.get("TYPE") != "EC2_AUTOSCALING":
        return not_applicable("no-auto-scaling-group")
    protected = provider.get("MANAGED_TERMINATION_PROTECTION") == "ENABLED"
    return judge("unprotected", [] if protected else of([provider], "MANAGED_TERMINATION_PROTECTION"))


def is_managed(provider):
    return provider.get("TYPE") == "MANAGED_INSTANCES" or "FIPS_ENABLED" in provider


def in_govcloud(record):
    return record["REGION"].startswith("us-gov-")


def managed(provider):
    """The verdict on FIPS of a provider of managed instances."""
    if provider.get("FIPS_ENABLED", in_govcloud(provider)):
        return Verdict(PASS, "fips", word="MANAGED_ON")
    if in_govcloud(provider):
        return Verdict(FAIL, "no-fips", frozenset(of([provider], "FIPS_ENABLED")), word="MANAGED_OFF")
    return Verdict(NOT_APPLICABLE, "no-fips", word="MANAGED_OFF")


def cp_2(case):
    return managed(case.subject) if is_managed(case.subject) else not_applicable("not-managed")


def ci_1(case):
    connected, status = case.subject.get("AGENT_CONNECTED"), case.subject.get("SOURCE_STATUS")
    if connected or status not in (None, "", "ACTIVE"):
        return passed()
    if connected is None or not status:
        return unknown("unknown:" + ("AGENT_CONNECTED" if connected is None else "SOURCE_STATUS"))
    return judge("disconnected", of([case.subject], "AGENT_CONNECTED"))


PROVIDERS = [Control("CP.1", "medium", cp_1), Control("CP.2", "medium", cp_2)]
INSTANCES = [Control("CI.1", "medium", ci_1)]
