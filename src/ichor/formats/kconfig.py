"""Kernel configuration: the fragments that we write, the .config that Kconfig makes of them.

fragment    NAME=value  # reason          a wish a line; lines that begin with `#` are comments
.config     CONFIG_NAME=value             or `# CONFIG_NAME is not set`, which is the value n

Kconfig passes over a wish whose dependencies are not met without a word: hence `unmet`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ichor.errors import FormatError

_WISH = re.compile(r'([A-Z0-9]\w*)=("[^"]*"|[^"\s]+) +# (\S.*)')
_SET = re.compile(r"CONFIG_(\w+)=(.*)")
_UNSET = re.compile(r"# CONFIG_(\w+) is not set")


class Wish(NamedTuple):
    """name: without CONFIG_. value: y, n, a number, or text in its quotes."""

    name: str
    value: str
    reason: str


def parse_fragment(text: str) -> Iterator[Wish]:
    """Read a fragment. Raises FormatError naming the line."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _WISH.fullmatch(line.rstrip())
        if match is None:
            raise FormatError(f"`NAME=value  # reason` on line {number}, not {line.strip()!r}")
        yield Wish(*match.groups())


def combine(fragments: Mapping[str, str]) -> tuple[Wish, ...]:
    """Read fragments by name. Raises FormatError for a wish that has two places."""
    found: dict[str, tuple[str, Wish]] = {}
    for name, text in fragments.items():
        for wish in parse_fragment(text):
            if wish.name in found:
                both = f"{found[wish.name][0]} and {name}"
                raise FormatError(f"a symbol in one place, not {wish.name} in {both}")
            found[wish.name] = (name, wish)
    return tuple(wish for _, wish in found.values())


def render(wishes: Iterable[Wish]) -> str:
    """Write wishes as Kconfig reads them from KCONFIG_ALLCONFIG."""
    return "".join(f"CONFIG_{wish.name}={wish.value}\n" for wish in wishes)


def parse_config(text: str) -> dict[str, str]:
    """Read a .config: values by name, n for what is not set."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        if match := _SET.fullmatch(line):
            values[match[1]] = match[2]
        elif match := _UNSET.fullmatch(line):
            values[match[1]] = "n"
    return values


def unmet(wishes: Iterable[Wish], config: Mapping[str, str]) -> list[str]:
    """Say which wishes a configuration does not meet; a symbol that it lacks is n."""
    return [
        f"{wish.name} is {held}, not {wish.value} ({wish.reason})"
        for wish in wishes
        if (held := config.get(wish.name, "n")) != wish.value
    ]


def modules(config: Mapping[str, str]) -> list[str]:
    """Give what would be built as loadable modules."""
    return [name for name, value in config.items() if value == "m"]
