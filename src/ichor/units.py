"""Durations and sizes as people write them: `1h30m`, `64MiB`.

Durations follow Go's time.ParseDuration (units ns us ms s m h, a sign, fractions), because the
configuration format uses it. Sizes take decimal (kB, MB) and binary (KiB, MiB) units.
"""

import re
from datetime import timedelta
from fractions import Fraction

from ichor.errors import InputError

_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kKMGTP]i?)?B?", re.ASCII)
_POWER = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5}


def parse_duration(text: str) -> timedelta:
    """Read a Go duration; below a microsecond it is truncated. Raises InputError."""
    body = text[1:] if text[:1] in "+-" and text else text
    if body == "0":
        return timedelta()
    parts = _PART.findall(body)
    if not body or "".join(number + unit for number, unit in parts) != body:
        raise InputError(f"{text!r} is no duration", hint="write it like 1h30m, 10s or 500ms")
    total = sum((Fraction(number) * _NS[unit] for number, unit in parts), Fraction(0))
    sign = -1 if text.startswith("-") else 1
    return timedelta(microseconds=sign * int(total / 1000))


def format_duration(value: timedelta) -> str:
    """Write a duration as Go's String does: 1h30m0s, 1.5s, 20ms, 0s."""
    micros = value // timedelta(microseconds=1)
    if micros == 0:
        return "0s"
    sign, micros = ("-", -micros) if micros < 0 else ("", micros)
    if micros < 1000:
        return f"{sign}{micros}µs"
    if micros < 1_000_000:
        return f"{sign}{_trim(micros, 1000)}ms"
    minutes, micros = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_trim(micros, 1_000_000)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def _trim(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = str(rest).zfill(len(str(unit)) - 1).rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def parse_size(text: str) -> int:
    """Read a size in bytes: 1048576, 64MiB, 1.5GB. Raises InputError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is no size", hint="write it like 512MiB or 10GB")
    number, unit = match.groups()
    if unit is None:
        return int(Fraction(number))
    base = 1024 if unit.endswith("i") else 1000
    return int(Fraction(number) * base ** _POWER[unit[0]])


def format_size(size: int) -> str:
    """Write a size with three significant digits in decimal units: 139 MB."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(value) < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
