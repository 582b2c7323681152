"""Answers, and what a control is asked about."""

from dataclasses import dataclass, field
from typing import Callable

PASS, FAIL, NOT_APPLICABLE, NOT_EVALUATED = "PASS", "FAIL", "NOT_APPLICABLE", "NOT_EVALUATED"


@dataclass(frozen=True)
class Verdict:
    """The answer of one control about one subject."""

    result: str
    # Why, for machines; REASONS of a finding say it to people.
    cause: str
    evidence: frozenset = frozenset()
    # VERDICT of the finding.
    word: str | None = None
    # Where it differs from the control's.
    severity: str | None = None


@dataclass
class Case:
    """A subject with the records that go with it."""

    subject: dict
    # Lists, and single records or None.
    related: dict = field(default_factory=dict)
    # What the report says of each name in `related`, and of what was asked for with `include`. True if unsaid.
    complete: dict = field(default_factory=dict)
    settings: dict = field(default_factory=dict)

    def many(self, name):
        found = self.related.get(name) or []
        return found if isinstance(found, list) else [found]

    def one(self, name):
        found = self.many(name)
        return found[0] if found else None

    def knows_all(self, *names):
        return all(self.complete.get(name, True) for name in names)


@dataclass(frozen=True)
class Control:
    id: str
    severity: str
    check: Callable[[Case], Verdict]
    # Related records without which nothing is PASS or NOT_APPLICABLE.
    always: tuple = ()
    # The attribute and its values by which subjects are chosen.
    subjects: tuple | None = None
    # Without this setting there are no findings.
    needs: str | None = None

    def asks(self, case):
        if self.needs and not case.settings.get(self.needs):
            return False
        return self.subjects is None or case.subject.get(self.subjects[0]) in self.subjects[1]

    def answer(self, case):
        """The verdict as the host lets it stand, or None where the control does not ask."""
        if not self.asks(case):
            return None
        verdict = self.check(case)
        if verdict.result in (PASS, NOT_APPLICABLE):
            for name in self.always:
                cause = None if case.knows_all(name) else "incomplete"
                cause = cause or (None if case.many(name) else "no-record")
                if cause:
                    return Verdict(NOT_EVALUATED, f"{cause}:{name}", word=verdict.word and NOT_EVALUATED)
        return verdict


def passed(cause="as-wanted"):
    return Verdict(PASS, cause)


def failed(cause, *evidence, severity=None):
    return Verdict(FAIL, cause, frozenset(evidence), severity=severity)


def not_applicable(cause):
    return Verdict(NOT_APPLICABLE, cause)


def unknown(cause):
    return Verdict(NOT_EVALUATED, cause)


def judge(cause, evidence):
    """FAIL if there is evidence."""
    return failed(cause, *evidence) if evidence else passed()


def of(records, *attributes):
    """Evidence: these attributes of these records."""
    return [(record["UID"], attribute) for record in records for attribute in attributes]


def is_windows(family):
    return (family or "").lower().startswith("windows")


def is_linux(family):
    return (family or "").lower().startswith("linux")


def is_fargate(record):
    """Of a service, deployment, task set or task: by launch type, else by the names of providers."""
    if record.get("LAUNCH_TYPE"):
        return record["LAUNCH_TYPE"] == "FARGATE"
    names = record.get("CAPACITY_PROVIDERS") or [record.get("CAPACITY_PROVIDER")]
    return bool({"FARGATE", "FARGATE_SPOT"} & set(names))
