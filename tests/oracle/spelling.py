"""Writes JSON in every valid notation.

`json.dumps` would lose the notation of numbers, the order and repetition of members, unneeded escapes
and white space, which matter here.
"""

import json
from dataclasses import dataclass


@dataclass
class Raw:
    """JSON text for the page, as it is."""

    text: str


class Members(list):
    """A JSON object: pairs in order, repetitions allowed."""


class Spelling:
    """Texts of one source of randomness."""

    def __init__(self, random):
        self.random = random
        self.loose = False

    def chance(self, share):
        return self.random.random() < share

    def write(self, value):
        """The text of a page."""
        parts = []
        # Whether there is white space between the parts.
        self.loose = self.chance(0.2)
        self.write_value(value, parts)
        return "".join(parts)

    def space(self):
        return self.random.choice(["", "", " ", "\n", "\t", "\r\n", "  "]) if self.loose else ""

    def write_value(self, value, parts):
        parts.append(self.space())
        if isinstance(value, Raw):
            parts.append(value.text)
        elif isinstance(value, str):
            parts.append(self.string(value))
        elif isinstance(value, Members):
            self.write_all("{", value, "}", parts, self.write_member)
        elif isinstance(value, list):
            self.write_all("[", value, "]", parts, self.write_value)
        else:
            parts.append(json.dumps(value))
        parts.append(self.space())

    def write_all(self, begin, values, end, parts, write):
        parts.append(begin)
        for index, value in enumerate(values):
            if index:
                parts.append(",")
            write(value, parts)
        parts.append(end)

    def write_member(self, member, parts):
        name, value = member
        parts += [self.space(), self.string(name), self.space(), ":"]
        self.write_value(value, parts)

    def string(self, text):
        if not self.chance(0.1):
            return json.dumps(text, ensure_ascii=self.chance(0.5))
        # Escapes every character, even where that is not needed, with digits in either case.
        units = text.encode("utf-16-be", "surrogatepass").hex()
        units = units.upper() if self.chance(0.5) else units
        return '"' + "".join("\\u" + units[at : at + 4] for at in range(0, len(units), 4)) + '"'
