"""The generation of an image: a number that a release raises when older ones must not run any more.

    ichor.generation=3 ichor.least=2      in the kernel's command line, which is signed with it

least: of those that may still run once this one has been well. An image that says neither is of
generation 0.
"""

from typing import Final, NamedTuple

from ichor.errors import FormatError

_OWN, _LEAST = "ichor.generation=", "ichor.least="
_DIGITS: Final = 9


class Generation(NamedTuple):
    own: int = 0
    least: int = 0

    @property
    def words(self) -> tuple[str, str]:
        return f"{_OWN}{self.own}", f"{_LEAST}{self.least}"


def parse(line: str) -> Generation:
    """Read a command line; the last word counts. Raises FormatError."""
    found = {_OWN: 0, _LEAST: 0}
    for word in line.split():
        for name in found:
            if word.startswith(name):
                found[name] = _number(word.removeprefix(name), name)
    return Generation(found[_OWN], found[_LEAST])


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        raise FormatError(f"a number behind {name}, not {text!r}")
    return int(text)
