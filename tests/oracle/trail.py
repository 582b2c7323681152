"""What hosts leave of audit events before a mapper sees them: a second reading, as `reference.py` is of the mapping."""

from source import LONE_SURROGATE, Members, NotAPage, Number, parse

ECS = "ecs.amazonaws.com"
# Values inside this many others cannot be followed.
DEPTH = 64
# The rules for a place in an event.
OUTSIDE, SUMMARY, PARAMETERS, CONTENT, VARIABLES, VARIABLE, WITHHELD = range(7)
WITHHOLDING = (VARIABLES, VARIABLE, WITHHELD)
RULES = {
    "requestParameters": PARAMETERS,
    "responseElements": CONTENT,
    "additionalEventData": CONTENT,
    "serviceEventDetails": CONTENT,
}
# They refer to secrets, and hold none.
REFERENCES = ("secrets", "repositoryCredentials", "credentialsParameter", "credentialSpecs")
CREDENTIALS = (
    "token", "secret", "passw", "credential", "apikey", "accesskey", "licensekey", "privatekey", "sharedkey",
    "basicauth",
)


class NotFollowed(Exception):
    """Nobody can say what a value holds."""


def unfolded(event):
    """An event of a page; None for one of another service."""
    if not isinstance(event, Members):
        return event
    source = event.get("EventSource")
    if is_text(source) and source != ECS:
        return None
    return Members([(name, outer(name, value)) for name, value in event.pairs])


def outer(name, value):
    try:
        return inner(value) if name == "CloudTrailEvent" else written(value, SUMMARY, DEPTH)
    except NotFollowed:
        return "" if name == "CloudTrailEvent" else hollow(value)


def inner(value):
    """The event inside, which may be written as text."""
    if is_text(value):
        try:
            value = parse(value)
        except NotAPage as error:
            raise NotFollowed from error
    if not isinstance(value, Members):
        raise NotFollowed
    return Members([(name, written(member, RULES.get(name, OUTSIDE), DEPTH)) for name, member in value.pairs])


def rule_of(rule, name, value):
    is_scalar = not isinstance(value, dict | list)
    if rule == VARIABLE and name == "name" and is_scalar:
        return OUTSIDE
    if rule in WITHHOLDING:
        return WITHHELD
    if name.isascii() and name.lower() == "environment":
        return VARIABLES
    if rule in (OUTSIDE, SUMMARY):
        return rule
    if name == "command" and (rule == PARAMETERS or is_text(value)):
        return WITHHELD
    plain = "".join(each for each in name if each.isascii() and each.isalnum()).lower()
    if name not in REFERENCES and any(word in plain for word in CREDENTIALS):
        return WITHHELD
    return CONTENT


def rule_in(rule, element):
    """The rule for an element of a list."""
    if rule == VARIABLES:
        return VARIABLE if isinstance(element, dict) else WITHHELD
    return {VARIABLE: WITHHELD, PARAMETERS: CONTENT}.get(rule, rule)


def written(value, rule, depth):
    if depth == 0:
        raise NotFollowed
    if isinstance(value, Members):
        return Members([(name, written(each, rule_of(rule, name, each), depth - 1)) for name, each in value.pairs])
    if isinstance(value, list):
        return [written(each, rule_in(rule, each), depth - 1) for each in value]
    # More JSON in a text would have one of these.
    holds_more = isinstance(value, str) and ('"' in value or "\\" in value)
    is_blank = rule in WITHHOLDING or (rule != OUTSIDE and holds_more)
    return hollow(value) if is_blank else value


def hollow(value):
    if isinstance(value, Members):
        return Members([])
    if isinstance(value, bool):
        return False
    return {list: [], str: "", Number: Number("0")}.get(type(value))


def is_text(value):
    return isinstance(value, str) and LONE_SURROGATE.search(value) is None
