"""Random values of every type that the API has, and what can happen to them."""

from odd import NUMBERS, ODD_NUMBERS, TIMES, UNICODE, UNREADABLE
from spelling import Members, Raw, Spelling

ACCOUNT = "arn:aws:ecs:us-east-1:123456789012:"
ABSENT = object()
# Mappers may treat long lists otherwise than short ones.
LONG = 120
# Unknown members may be nested deeper than a recursive reader bears.
DEPTHS = [10, 127, 128, 200, 1_000]


class Chances:
    """Values of one source of randomness."""

    def __init__(self, random):
        self.random = random
        self.spelling = Spelling(random)
        # How far the page is from what ECS sends.
        self.wild = 0.0

    # Chances. A calm page has few surprises, so that most of its objects become records.

    def chance(self, share):
        return self.random.random() < share

    def surprise(self, share):
        return self.random.random() < share * self.wild

    def pick(self, values):
        return self.random.choice(values)

    # Values by the type that the API gives them.

    def text(self):
        kind = self.random.random()
        if kind < 0.6:
            return self.pick(["a", "b", "web", "ACTIVE", "a b", "A", "x:y/z", str(self.random.randrange(100))])
        if kind < 0.65:
            return ""
        if kind < 0.98:
            return "".join(self.pick(UNICODE) for _ in range(self.random.randrange(6)))
        return self.pick(["x", "é", "🙂", "\\", "\n", "\u2028"]) * self.random.choice([1_000, 30_000])

    def number(self):
        return Raw(self.pick(NUMBERS))

    def time(self):
        if self.chance(0.4):
            return Raw(self.pick(TIMES))
        if self.chance(0.5):
            digits = "".join(self.pick("0123456789") for _ in range(self.random.randrange(1, 8)))
            return Raw(f"{self.random.randrange(-10**11, 10**11)}.{digits}")
        coefficient = self.random.randrange(-10**15, 10**15)
        return Raw(f"{coefficient}{self.pick('eE')}{self.random.randrange(-8, 3)}")

    def anything(self, depth=0):
        if self.chance(0.005):
            deep = self.pick(DEPTHS)
            return Raw("[" * deep + self.pick(["", "0", '"x"', "{}"]) + "]" * deep)
        if self.chance(0.02):
            return Raw(self.pick(UNREADABLE))
        kind = self.random.randrange(9 if depth < 3 else 6)
        if kind == 0:
            return None
        if kind == 1:
            return self.chance(0.5)
        if kind == 2:
            return Raw(self.pick(NUMBERS + ODD_NUMBERS + TIMES))
        if kind < 6:
            return self.text()
        if kind == 6:
            return [self.anything(depth + 1) for _ in range(self.random.randrange(4))]
        return Members((self.text(), self.anything(depth + 1)) for _ in range(self.random.randrange(4)))

    # What can happen to a value.

    def often(self, make):
        """A member's value, or one of the ways in which it is not there or not as documented."""
        if self.chance(0.12):
            return ABSENT
        if self.chance(0.08):
            return None
        if self.surprise(0.02):
            return self.anything()
        return make()

    def count(self):
        if self.surprise(0.03):
            return Raw(self.pick(ODD_NUMBERS))
        return self.number()

    def list_of(self, make, most=5):
        if self.chance(0.01):
            most = LONG
        elements = []
        for _ in range(self.random.randrange(most)):
            if self.chance(0.06):
                elements.append(None)
            elif self.surprise(0.02):
                elements.append(self.anything())
            else:
                elements.append(make())
            if self.chance(0.2):
                elements.append(self.pick(elements))
        return elements

    def texts(self):
        return self.list_of(self.text)

    def members(self, documented):
        """An object: documented members in any order, among unknown ones."""
        made = [(name, self.often(make)) for name, make in documented.items()]
        if self.chance(0.6) and made[0][0].endswith("Arn"):
            # Most objects are to have a record.
            made[0] = (made[0][0], documented[made[0][0]]())
        made = [(name, value) for name, value in made if value is not ABSENT]
        while self.chance(0.25):
            made.append((self.unknown_name(documented), self.anything()))
        if made and self.surprise(0.02):
            name = self.pick(made)[0]
            made.append((name, documented[name]() if name in documented else self.anything()))
        if self.chance(0.5):
            self.random.shuffle(made)
        return Members(made)

    def unknown_name(self, documented):
        known = self.pick(list(documented))
        name = self.pick(
            [
                "UID", "uid", "ACCOUNT_ID", "NAME", "arn", "environment", "deployments", "taskSets", "x", "", "\u2028", "tags ",
                known.upper(), known.capitalize(), known + "\0", known[:-1], known.replace("Arn", "ARN"),
            ]
        )
        return "unknown" if name in documented else name

    def arn(self, kind):
        def make():
            if self.surprise(0.05):
                return self.pick(["", "", " ", "not an ARN", "arn:aws-cn:ecs:cn-north-1:1:cluster/x"])
            return f"{ACCOUNT}{kind}/{self.random.randrange(1_000)}"

        return make

    def tags(self):
        def key():
            return self.pick(["Owner", "owner", "aws:ecs:clusterName", "", "a.b", self.text()])

        return self.list_of(lambda: self.members({"key": key, "value": self.text}), 6)
