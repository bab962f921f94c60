"""The names of the machine, uname(2)."""

from typing import Protocol

from msgspec import Struct


class Names(Struct, frozen=True, kw_only=True):
    """host: 1..63 octets. domain: the NIS one, which some programs still take for DNS's."""

    host: str
    domain: str = "(none)"


class Uts(Protocol):
    def observe(self) -> Names: ...

    def apply(self, action: Names) -> None:
        """Set both names. Raises OSError: EPERM without CAP_SYS_ADMIN (sethostname(2))."""
        ...
