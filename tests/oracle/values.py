"""Numbers and times of a page, read from their text, because a float would lose digits."""

import re
import sys
from datetime import date, datetime, timedelta

# A number of a page may have any number of digits.
sys.set_int_max_str_digits(0)

NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?")
# More digits before the point than any time in RFC 3339 has.
TIME_DIGITS = 13


def decimal(text):
    """Sign, digits and power of ten of a JSON number; no digits for zero."""
    sign, whole, fraction, exponent = NUMBER.fullmatch(text).groups()
    fraction = fraction or ""
    digits = (whole + fraction).lstrip("0")
    return -1 if sign else 1, digits, int(exponent or "0") - len(fraction)


# The range of an integer: AWS documents 32 bits, and every JSON reader can keep 64.
INTEGERS = range(-(2**63), 2**63)
INTEGER_DIGITS = 19


def integral(text):
    """The value of a number without a fraction, however it is written; None for any other."""
    sign, digits, power = decimal(text)
    whole = digits.rstrip("0")
    power += len(digits) - len(whole)
    if not whole:
        return 0
    if power < 0 or len(whole) + power > INTEGER_DIGITS:
        return None
    value = sign * int(whole) * 10**power
    return value if value in INTEGERS else None


def utc(text):
    """RFC 3339 with milliseconds, rounded down; None for a time outside of its range."""
    sign, digits, power = decimal(text)
    if not digits:
        return rfc3339(0)
    magnitude = len(digits) + power
    if magnitude > TIME_DIGITS:
        return None
    if magnitude < -3:
        return rfc3339(0 if sign > 0 else -1)
    power += 3
    value = sign * int(digits)
    return rfc3339(value * 10**power if power >= 0 else value // 10**-power)


EPOCH = datetime(1970, 1, 1)
# The calendar repeats after this many years and days, which maps every day into Python's years.
CYCLE_YEARS, CYCLE_DAYS = 400, 146_097
# From 0000-01-01 to 9999-12-31, in days since 1970-01-01.
FIRST_DAY, LAST_DAY = -719_528, 2_932_896


def rfc3339(milliseconds):
    """Milliseconds since 1970 as a record has them; None outside of the years 0000 to 9999."""
    seconds, rest = divmod(milliseconds, 1000)
    days, second = divmod(seconds, 86_400)
    if not FIRST_DAY <= days <= LAST_DAY:
        return None
    cycles, days = divmod(days, CYCLE_DAYS)
    moment = EPOCH + timedelta(days=days, seconds=second)
    return f"{moment.year + cycles * CYCLE_YEARS:04}-{moment:%m-%dT%H:%M:%S}.{rest:03}Z"


CAPTURED = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)")


def captured_at(text):
    """The timestamp of a sync, in any notation of RFC 3339, as records have it."""
    date, time, fraction, zone = CAPTURED.fullmatch(text).groups()
    moment = datetime.fromisoformat(f"{date}T{time}{'+00:00' if zone in 'Zz' else zone}")
    moment = (moment - moment.utcoffset()).replace(tzinfo=None)
    seconds = (moment - EPOCH) // timedelta(seconds=1)
    return rfc3339(seconds * 1000 + int(((fraction or "") + "000")[:3]))


RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def utc_of_text(text):
    """A text in RFC 3339 as records have it; None for any other text, and for a time out of their range."""
    found = RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, sign, ahead_hours, ahead_minutes = found.groups()[6:]
    ahead_hours, ahead_minutes = int(ahead_hours or 0), int(ahead_minutes or 0)
    if max(hour, ahead_hours) > 23 or max(minute, second, ahead_minutes) > 59:
        return None
    cycles, of_cycle = divmod(year - 2000, CYCLE_YEARS)
    try:
        days = (date(2000 + of_cycle, month, day) - EPOCH.date()).days + cycles * CYCLE_DAYS
    except ValueError:
        return None
    ahead = (ahead_hours * 60 + ahead_minutes) * (-1 if sign == "-" else 1)
    seconds = days * 86_400 + hour * 3_600 + (minute - ahead) * 60 + second
    return rfc3339(seconds * 1000 + int(((fraction or "") + "000")[:3]))
