"""Reads an object of a page, member by member, and notes what is not as the API has it."""

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass

from values import integral, utc

# Python's reader of JSON calls itself for every list inside a list.
sys.setrecursionlimit(20_000)


# Ends a path that stands for all that begin like it.
ANYTHING_BELOW = "*"


class NotAPage(Exception):
    """The body as a whole is not a response of its operation."""


@dataclass(frozen=True)
class Number:
    """A JSON number as it is written, for a float would lose digits."""

    text: str


class Members(dict):
    """A JSON object that knows which of its members it has more than once."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.pairs = pairs
        names = Counter(name for name, _ in pairs)
        self.repeated = {name for name, times in names.items() if times > 1}


def parse(body):
    def refuse(word):
        raise ValueError(word)

    try:
        return json.loads(
            body, parse_int=Number, parse_float=Number, parse_constant=refuse, object_pairs_hook=Members
        )
    except (ValueError, RecursionError) as error:
        raise NotAPage(str(error)) from error


# JSON can escape what no text can hold.
LONE_SURROGATE = re.compile("[\\ud800-\\udfff]")


class Source:
    """An object of a page, read member by member; what has another type than the API's is noted."""

    def __init__(self, value, path, wrong=None, left_out=None):
        self.path = path
        self.wrong = [] if wrong is None else wrong
        self.left_out = [] if left_out is None else left_out
        self.arn_member = None
        # What the sync knows besides the page.
        self.context = None
        self.members = self.as_type(value, Members, path) or Members([])

    def as_type(self, value, kind, path):
        is_text = not isinstance(value, str) or LONE_SURROGATE.search(value) is None
        if value is None or (isinstance(value, kind) and is_text):
            return value
        self.wrong.append(path)
        return None

    def get(self, member, kind):
        if member in self.members.repeated:
            # The conventions leave this open; which of the two counts is not for a mapper to guess.
            # What is wrong inside either is a true reason as well.
            self.wrong.append(f"{self.path}{ANYTHING_BELOW}")
        return self.as_type(self.members.get(member), kind, f"{self.path}.{member}")

    def arn(self, member):
        self.arn_member = member
        return self.string(member)

    def string(self, member):
        return self.get(member, str)

    def boolean(self, member):
        return self.get(member, bool)

    def integer(self, member):
        number = self.get(member, Number)
        if number is None:
            return None
        value = integral(number.text)
        if value is None:
            self.wrong.append(f"{self.path}.{member}")
        return value

    def time(self, member):
        number = self.get(member, Number)
        if number is None:
            return None
        time = utc(number.text)
        if time is None:
            self.left_out.append(f"{self.path}.{member}")
        return time

    def elements(self, member, kind):
        """The elements that are not null, each with its path."""
        path = f"{self.path}.{member}"
        for index, element in enumerate(self.get(member, list) or []):
            typed = self.as_type(element, kind, f"{path}[{index}]")
            if typed is not None:
                yield typed, f"{path}[{index}]"

    def strings(self, member):
        return ordered_set(element for element, _ in self.elements(member, str))

    def objects(self, member):
        return [
            Source(element, path, self.wrong, self.left_out) for element, path in self.elements(member, Members)
        ]

    def object(self, member):
        return Source(self.get(member, Members), f"{self.path}.{member}", self.wrong, self.left_out)

    def pairs(self, member):
        """Names and values of a list of both."""
        return [(pair.string("name"), pair.string("value")) for pair in self.objects(member)]

    def tags(self, member):
        tags = {}
        for tag in self.objects(member):
            key, value = tag.string("key"), tag.string("value")
            if key is not None:
                tags[key] = value or ""
        return tags


def named(pairs, wanted):
    """The first value of a name."""
    return next((value for name, value in pairs if name == wanted and value is not None), None)


def ordered_set(values):
    return list(dict.fromkeys(value for value in values if value is not None))
