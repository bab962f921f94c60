"""Errors, named by what their receiver should do.

| type | meaning | who acts |
|---|---|---|
| InputError | the user's configuration or request is wrong | shown; no retry until it changes |
| TransientError | the world is not answering | the caller backs off and tries again |
| FormatError | bytes are not what they claim | the caller of the parser |
| NotFound, Conflict | outcomes of the store | the caller |

Anything else is a bug, or a refusal of the kernel (OSError with errno and path).
"""

from datetime import timedelta


class IchorError(Exception):
    """The root of our own errors; never raised itself."""


class InputError(IchorError):
    """What the user gave is wrong: says where, what was expected, and a way out.

    path: where inside the input, as `$.machine.network` or `file.yaml:12`; empty if the whole.
    hint: one imperative sentence, without a full stop; empty if there is none.
    """

    def __init__(self, message: str, *, path: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f" (hint: {self.hint})" if self.hint else ""
        return f"{where}{self.message}{hint}"


class TransientError(IchorError):
    """The world is not answering now; retry_after says when it may, if that is known."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class FormatError(IchorError):
    """Bytes are not what they claim: what was expected, and at which offset, in bytes."""

    def __init__(self, expected: str, *, offset: int = 0) -> None:
        super().__init__(f"offset {offset}: expected {expected}")
        self.expected = expected
        self.offset = offset


class NotFound(IchorError):  # noqa: N818 - an outcome, named as the field names it
    """There is no such thing."""


class Conflict(IchorError):  # noqa: N818
    """Somebody else was there first: a version, an owner, a phase or a lock."""
