"""Helpers for a Portolan mapper in Python. They depend only on Python's standard library.

A module calls `overlay` or `mapping` once, with a function that is called for each described object. A
problem with one object becomes an issue that names the object and the member; the rest of the page is
still mapped. An issue never holds a value of the page. Follow this rule in your own issues.
"""

import json
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Context as DecimalContext, Decimal

from componentize_py_types import Err
from wit_world.imports import types

__version__ = "0.1.0"

# The member of a Describe response that holds the objects; a single object counts as a list of one.
_BODIES = {
    "EcsCluster": ("clusters", True),
    "EcsService": ("services", True),
    "EcsTask": ("tasks", True),
    "EcsTaskDefinition": ("taskDefinition", False),
    "EcsContainerInstance": ("containerInstances", True),
    "EcsCapacityProvider": ("capacityProviders", True),
    "EcsAccountSetting": ("settings", True),
    "EcsAuditEvent": ("Events", True),
    "EcsContainerDefinition": ("containerDefinitions", True),
    "EcsContainer": ("containers", True),
    "EcsDeployment": ("deployments", True),
    "EcsTaskSet": ("taskSets", True),
}

_EPOCH = datetime(1970, 1, 1)

# Times beyond this limit have years of more than four digits, and are refused before any arithmetic.
_FARTHEST_SECONDS = 10**12
_MILLISECOND = Decimal("0.001")
_EXACT = DecimalContext(prec=40)


class _Number(float):
    """A number of the page with a fraction or an exponent, and its text, which is exact unlike the float."""

    __slots__ = ("text",)

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


class Rejection(Exception):
    """The reason that one object gives no record, or its record no patch. The message holds no value of the
    page."""

    def __init__(self, code, member, message):
        super().__init__(message)
        self.code = code
        self.member = member
        self.message = message


class Context:
    """The origin of a page and the module's settings: a mapper's only input besides the page."""

    def __init__(self, context):
        self.object = context.object
        self.operation = context.operation
        self.partition = context.partition
        self.account_id = context.account_id
        self.region = context.region
        self.captured_at = context.captured_at
        self.settings = json.loads(context.config)


class Notes:
    """Takes warnings about the object that is being mapped."""

    def __init__(self, path, index, issues):
        self._path = path
        self._index = index
        self._issues = issues

    def warn(self, code, member, message):
        """Adds a warning about a member, for example `tags`. The message holds no value of the page."""
        self._add(types.Severity.WARNING, code, member, message)

    def _add(self, severity, code, member, message):
        path = _join(self._path, member)
        self._issues.append(types.Issue(self._index, severity, code, path, message))


class Source:
    """An object of the page. Each reader returns None for a member that is absent or null. It rejects the
    object if the member is of another type, or is missing from the module's `reads`."""

    __slots__ = ("members", "_path", "_notes", "_read_members")

    def __init__(self, members, path, notes, read_members=None):
        self.members = members
        self._path = path
        self._notes = notes
        self._read_members = read_members

    def text(self, member):
        """A string."""
        return self._read(member, str, "a string")

    def integer(self, member):
        """An integer of 64 bits; `3.0` and `1E2` are integers too."""
        value = self._read(member, (int, float), "an integer")
        if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
            value = int(value)
        if value is None or isinstance(value, int) and -(2**63) <= value < 2**63:
            return value
        expected = "an integer of 64 bits" if isinstance(value, int) else "an integer"
        raise _wrong_type(_join(self._path, member), value, expected)

    def number(self, member):
        """A number."""
        return self._read(member, (int, float), "a number")

    def boolean(self, member):
        """A boolean."""
        return self._read(member, bool, "a boolean")

    def object(self, member):
        """An object inside this one."""
        members = self._read(member, dict, "an object")
        return None if members is None else self._inner(member, members, _join(self._path, member))

    def items(self, member):
        """The objects of a list, without nulls."""
        items = []
        for index, item in enumerate(self._read(member, list, "a list") or ()):
            if item is None:
                continue
            path = f"{_join(self._path, member)}[{index}]"
            if not isinstance(item, dict):
                raise _wrong_type(path, item, "an object")
            items.append(self._inner(member, item, path))
        return items

    def _inner(self, member, members, path):
        read_members = None if self._read_members is None else self._read_members[member]
        return Source(members, path, self._notes, read_members)

    def tags(self):
        """Tags as a dict; if a key is repeated, the last value counts."""
        tags = {}
        for tag in self.items("tags"):
            key, value = tag.text("key"), tag.text("value")
            if key is not None:
                tags[key] = value or ""
        return tags

    def tag(self, key):
        """The value of the last tag with this key."""
        return self.tags().get(key)

    def time(self, member):
        """A time in epoch seconds, in the format of records, rounded down to the millisecond."""
        seconds = self.number(member)
        if seconds is None:
            return None
        try:
            if not -_FARTHEST_SECONDS < seconds < _FARTHEST_SECONDS:
                raise OverflowError
            # Uses the decimal text: cutting the float would be off by one in half of the cases.
            exact = Decimal(getattr(seconds, "text", seconds))
            exact = exact.quantize(_MILLISECOND, rounding=ROUND_FLOOR, context=_EXACT)
            time = _EPOCH + timedelta(milliseconds=int(exact.scaleb(3)))
        except OverflowError:
            message = f"`{member}` lies outside the years 0001 to 9999; the attribute is left out"
            self._notes.warn("year-out-of-range", _join(self._path, member), message)
            return None
        return f"{time.isoformat(timespec='milliseconds')}Z"

    def _read(self, member, kind, expected):
        if self._read_members is not None and member not in self._read_members:
            path = _join(self._path, member)
            message = f"the module reads `{path}` but does not declare it; add it to `reads`"
            raise Rejection("not-in-reads", path, message)
        value = self.members.get(member)
        # In Python a boolean is an int; in JSON it is not.
        fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if value is None or fits:
            return value
        raise _wrong_type(_join(self._path, member), value, expected)


def overlay(
    *, name, version, object, amend, attributes=None, settings=None, reads=None, reads_records=True
):
    """Returns the class that a module exports under the name `Overlay`.

    `amend(source, record, context, notes)` returns a merge patch (RFC 7396) for the record of one object: a
    value sets an attribute, None as a value removes it. If it returns None, the record stays as it is.
    `attributes` are the attributes that the stock schema lacks, as JSON Schemas; `settings` is the JSON
    Schema of the settings that an operator may set.

    `reads` lists the members of the object that the module reads, as paths (`tags`, or `containers.image`
    for a member of a member). The host leaves out all others, which saves most of the time. Without `reads`,
    the module gets every member. With `reads_records=False`, `record` is None.
    """

    class Overlay:
        def manifest(self):
            asked = _reads(reads, reads_records)
            return _manifest("overlay", name, version, object, attributes, settings, asked)

        def amend_page(self, context, page, mapped):
            rows = {row.source_index: row for row in mapped.rows}

            def patch(index, source, context, notes):
                row = rows.get(index)
                if row is None:
                    return None
                record = None
                if reads_records:
                    record = json.loads(mapped.payload[row.offset : row.offset + row.length])
                return amend(source, record, context, notes)

            return _each(object, context, page, patch, types.Severity.WARNING, _tree(reads))

    return Overlay


def mapping(*, name, version, object, map, attributes=None, settings=None, reads=None):
    """Returns the class that a module exports under the name `Mapping`.

    `map(source, context, notes)` returns the record of one object, or raises a `Rejection`. `reads` works as
    in `overlay`.
    """

    class Mapping:
        def manifest(self):
            asked = _reads(reads, False)
            return _manifest("mapping", name, version, object, attributes, settings, asked)

        def map_page(self, context, page):
            def record(_index, source, context, notes):
                return map(source, context, notes)

            return _each(object, context, page, record, types.Severity.REJECTED, _tree(reads))

    return Mapping


def _reads(members, records):
    """The members and records that the module reads, for its manifest."""
    return {"records": records} if members is None else {"members": list(members), "records": records}


def _tree(paths):
    """The read members as a tree. None means all members, or a member that is read whole."""
    if paths is None:
        return None
    tree = {}
    for path in paths:
        name, _, rest = path.partition(".")
        tree.setdefault(name, []).append(rest)
    return {name: None if "" in rests else _tree(rests) for name, rests in tree.items()}


def _manifest(kind, name, version, object, attributes, settings, reads):
    manifest = {
        "name": name,
        "version": version,
        "kind": kind,
        "objects": [object],
        "attributes": attributes or {},
        "settings": settings,
        "capabilities": [],
        "reads": reads,
    }
    return json.dumps(manifest)


def _each(object, context, page, call, severity, read_members):
    """Calls a function for each object that is not null. An exception becomes an issue of `severity`."""
    if context.object != object:
        message = f"this module handles {object}, not the requested connector object"
        raise Err(types.PageError_UnsupportedObject(message))
    context = Context(context)
    payload, rows, issues = bytearray(), [], []
    for index, path, members in _described(object, page):
        notes = Notes(path, index, issues)
        try:
            if not isinstance(members, dict):
                raise _wrong_type("", members, "an object")
            answer = call(index, Source(members, "", notes, read_members), context, notes)
            if answer is None:
                continue
            text = _encode(answer)
        except Rejection as rejection:
            notes._add(severity, rejection.code, rejection.member, rejection.message)
            continue
        except Exception as error:
            # The exception's text may hold a value of the page; its type and line do not.
            notes._add(severity, "python-exception", "", _where(error))
            continue
        rows.append(types.Row(index, len(payload), len(text)))
        payload += text
    return types.MappedPage(bytes(payload), rows, issues)


def _described(object, page):
    """The objects of a page with their positions and paths."""
    member, is_list = _BODIES[object]
    try:
        body = json.loads(page, parse_float=_Number)
    except ValueError:
        raise Err(types.PageError_MalformedPage("the page is not valid JSON")) from None
    except RecursionError:
        raise Err(types.PageError_MalformedPage("the page is nested too deeply")) from None
    if not isinstance(body, dict):
        raise _malformed("page", body, "an object")
    described = body.get(member)
    if not is_list:
        described = [described]
    elif not isinstance(described, (list, type(None))):
        raise _malformed(f"member `{member}` of the page", described, "a list")
    for index, members in enumerate(described or ()):
        # AWS puts the tags of a task definition beside it, and does so for no other object.
        if not is_list and isinstance(members, dict) and body.get("tags") is not None:
            members["tags"] = body["tags"]
        if members is not None:
            yield index, f"{member}[{index}]" if is_list else member, members


def _malformed(what, value, expected):
    message = f"the {what} is {_type(value)}, expected {expected}"
    return Err(types.PageError_MalformedPage(message))


def _encode(answer):
    """JSON in UTF-8. A lone surrogate, which JSON can express and UTF-8 cannot, becomes U+FFFD."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _wrong_type(member, value, expected):
    return Rejection("wrong-type", member, f"`{member or 'it'}` is {_type(value)}, expected {expected}")


def _type(value):
    names = {
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a fractional number",
        _Number: "a fractional number",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), "null")


def _where(error):
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{type(error).__name__} in line {trace.tb_lineno} of {trace.tb_frame.f_code.co_filename}"


def _join(path, member):
    if not path or not member:
        return path or member
    return f"{path}.{member}" if not member.startswith("[") else f"{path}{member}"
