"""Problems of a YAML text: every one with its line, raised together.

    file.yaml:12: KubePrismConfig $.port: expected an integer from 1 to 65535, got 'x' (hint: ...)

A message never carries the value of a field that is secret; see config/secret.py.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from ichor.errors import InputError


class Problem(Struct, frozen=True, kw_only=True, order=True):
    """line: counted from 1; 0 if the problem is of the whole. path: `$.machine.token`, or empty."""

    line: int
    path: str = ""
    message: str
    hint: str = ""

    def text(self, file: str) -> str:
        where = f"{file}:{self.line}: " if self.line else f"{file}: "
        path = f"{self.path}: " if self.path else ""
        hint = f" (hint: {self.hint})" if self.hint else ""
        return f"{where}{path}{self.message}{hint}"


class Problems(InputError):  # noqa: N818 - carries many of them
    """All that is wrong with one text, ascending by line."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems: Sequence[Problem] = tuple(sorted(set(problems)))
        first = self.problems[0]
        super().__init__(first.message, path=f"{file}:{first.line}", hint=first.hint)

    def __str__(self) -> str:
        return "\n".join(problem.text(self.file) for problem in self.problems)
