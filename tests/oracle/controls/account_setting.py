"""Controls of account settings."""

from verdict import Control, judge, of, unknown


def value(is_wanted):
    def check(case):
        value = case.subject.get("VALUE")
        if not value:
            return unknown("unknown:VALUE")
        return judge("value", [] if is_wanted(value) else of([case.subject], "VALUE"))

    return check


def is_on(value):
    return value in ("on", "enabled")


CONTROLS = [
    Control("AC.1", "medium", value(is_on), subjects=("NAME", ["guardDutyActivate"])),
    Control("AC.2", "low", value(is_on), subjects=("NAME", ["tagResourceAuthorization"])),
    Control("AC.3", "informational", value(lambda value: value != "blocking"), subjects=("NAME", ["defaultLogDriverMode"])),
]
