"""Command lines of Go programs: our flags, what a user may do to them, and the user's own.

| policy | a user's value for the same flag |
|---|---|
| DENIED | is refused: the system depends on ours |
| APPENDED | joins ours, comma separated, without repeating an item |
| REPLACEABLE | takes the place of ours |

A flag with several values is repeated. The order is by name, so that equal inputs give equal
command lines and a change is a readable difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from msgspec import Struct

from ichor.errors import InputError


class Policy(Enum):
    DENIED = "denied"
    APPENDED = "appended"
    REPLACEABLE = "replaceable"


class Flag(Struct, frozen=True):
    """One flag; without values it is not given, though its policy still holds."""

    name: str
    values: tuple[str, ...]
    policy: Policy


def denied(name: str, *values: str) -> Flag:
    return Flag(name, values, Policy.DENIED)


def appended(name: str, *values: str) -> Flag:
    return Flag(name, values, Policy.APPENDED)


def replaceable(name: str, *values: str) -> Flag:
    return Flag(name, values, Policy.REPLACEABLE)


def command_line(
    ours: Iterable[Flag], users: Mapping[str, Sequence[str]], *, path: str = "$.extraArgs"
) -> tuple[str, ...]:
    """Give `--name=value` for every flag, by name. Raises InputError for a denied one."""
    flags = {flag.name: flag for flag in ours}
    values = {name: flag.values for name, flag in flags.items()}
    for name, given in users.items():
        flag = flags.get(name)
        if flag is not None and flag.policy is Policy.DENIED:
            raise InputError(
                f"the flag {name} is set by the system",
                path=f"{path}.{name}",
                hint="remove it",
            )
        joins = flag is not None and flag.policy is Policy.APPENDED
        values[name] = _joined(values[name], given) if joins else tuple(given)
    return tuple(f"--{name}={value}" for name in sorted(values) for value in values[name])


def _joined(ours: Sequence[str], users: Sequence[str]) -> tuple[str, ...]:
    items = [item for value in (*ours, *users) for item in value.split(",") if item]
    return (",".join(dict.fromkeys(items)),) if items else ()
