"""Kernel parameters: `net.ipv4.ip_forward`, a slash inside a name stays (`net/eth0.1/mtu`)."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class SetParameter(Struct, frozen=True, kw_only=True):
    key: str
    value: str


class Parameters(Protocol):
    def observe(self) -> Mapping[str, str]:
        """Give the parameters this port was told of and those it set; missing ones are left out.

        Blanks within a value are single ones, as in `32768 60999`.
        """
        ...

    def apply(self, action: SetParameter) -> None:
        """Raises OSError: ENOENT for an unknown key, EINVAL, EACCES (read-only for us)."""
        ...


class Attempt(Struct, frozen=True, kw_only=True):
    """current: empty if there is no such parameter. refused: the value that was not taken."""

    current: str = ""
    refused: str = ""
    reason: str = ""


class Attempts(Protocol):
    """As Parameters, but what is refused is observed, not raised: one must not stop others."""

    def observe(self) -> Mapping[str, Attempt]: ...

    def apply(self, action: SetParameter) -> None: ...
