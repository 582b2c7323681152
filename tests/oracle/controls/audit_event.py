"""Controls of audit events. Their evidence is the least that a finding names."""

from shared import is_trusted
from verdict import Control, failed, judge, of, passed, unknown

PROTECTIVE = ("fargateFIPSMode", "guardDutyActivate", "tagResourceAuthorization", "containerInsights")
SETTINGS = ["PutAccountSetting", "PutAccountSettingDefault", "DeleteAccountSetting"]
PLACES = ["CreateService", "UpdateService", "CreateTaskSet", "RunTask", "StartTask"]
CAPACITY = ["DeleteCluster", "DeleteCapacityProvider", "DeregisterContainerInstance"]


def unless_refused(check):
    """A refused call changed nothing."""

    def checked(case):
        return passed("refused") if case.subject.get("ERROR_CODE") else check(case)

    return checked


def au_1(case):
    event = case.subject
    name, value = event.get("SETTING_NAME"), event.get("SETTING_VALUE")
    severity = "high" if name == "fargateFIPSMode" else "medium"
    if not name:
        return unknown("unknown:SETTING_NAME")
    if name not in PROTECTIVE:
        return passed()
    if event["EVENT_NAME"] == "DeleteAccountSetting":
        return failed("deleted", *of([event], "SETTING_NAME", "EVENT_NAME"), severity=severity)
    if not value:
        return unknown("unknown:SETTING_VALUE")
    if value in ("off", "disabled"):
        return failed("off", *of([event], "SETTING_NAME", "SETTING_VALUE"), severity=severity)
    return passed()


def it_happened(case):
    return judge("happened", of([case.subject], "EVENT_NAME"))


def au_3(case):
    return judge("public-address", of([case.subject], "ASSIGN_PUBLIC_IP") if case.subject.get("ASSIGN_PUBLIC_IP") else [])


def au_4(case):
    event = case.subject
    powers = [name for name in ("NETWORK_MODE", "PID_MODE", "IPC_MODE") if event.get(name) == "host"]
    powers += [name for name in ("PRIVILEGED", "HOST_PATHS") if event.get(name)]
    return judge("powers", of([event], *powers))


def au_5(case):
    images = case.subject.get("IMAGES")
    if not images:
        return unknown("unknown:IMAGES")
    trusted = all(is_trusted(image, case.settings["trusted-registries"]) for image in images)
    return judge("not-trusted", [] if trusted else of([case.subject], "IMAGES"))


def au_6(case):
    event = case.subject
    if event.get("READ_ONLY"):
        return passed()
    if not event.get("ACTOR_TYPE"):
        return unknown("unknown:ACTOR_TYPE")
    return judge("root", of([event], "ACTOR_TYPE") if event["ACTOR_TYPE"] == "Root" else [])


def au_7(case):
    event = case.subject
    if event.get("READ_ONLY") or event.get("INVOKED_BY") or event.get("ACTOR_MFA"):
        return passed()
    if not event.get("ACTOR_TYPE"):
        return unknown("unknown:ACTOR_TYPE")
    return judge("no-mfa", of([event], "ACTOR_TYPE", "ACTOR_MFA") if event["ACTOR_TYPE"] == "IAMUser" else [])


def au_9(case):
    return judge("role", of([case.subject], "TASK_ROLE_ARN") if case.subject.get("TASK_ROLE_ARN") else [])


def control(name, severity, check, events, **more):
    return Control(name, severity, unless_refused(check), subjects=("EVENT_NAME", events), **more)


REGISTER = ["RegisterTaskDefinition"]
CONTROLS = [
    control("AU.1", "medium", au_1, SETTINGS),
    control("AU.2", "medium", it_happened, ["ExecuteCommand"]),
    control("AU.3", "high", au_3, PLACES),
    control("AU.4", "high", au_4, REGISTER),
    control("AU.5", "medium", au_5, REGISTER, needs="trusted-registries"),
    Control("AU.6", "high", au_6),
    Control("AU.7", "medium", au_7),
    control("AU.8", "low", it_happened, CAPACITY),
    control("AU.9", "high", au_9, ["RunTask", "StartTask"]),
]
