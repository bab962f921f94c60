"""Source address translation of what leaves the pod network."""

from collections.abc import Awaitable, Sequence
from hashlib import sha256
from typing import Protocol

import msgspec
from msgspec import Struct


class Masquerade(Struct, frozen=True, order=True):
    """Packets from `source` to anywhere but `inside` leave with the node's address."""

    source: str
    inside: tuple[str, ...]


class SetMasquerades(Struct, frozen=True, kw_only=True):
    """Hold these rules and no others of ours, all at once; none: nothing of ours is left."""

    rules: tuple[Masquerade, ...]


def digest(rules: Sequence[Masquerade]) -> str:
    """Give what tells one set of rules from another; empty for none."""
    return sha256(msgspec.json.encode(sorted(rules))).hexdigest()[:16] if rules else ""


class Masquerading(Protocol):
    def observe(self) -> Awaitable[str]:
        """Give the digest of the rules that are held."""
        ...

    def apply(self, action: SetMasquerades) -> Awaitable[None]:
        """Raises TransientError with what the kernel or its tool says."""
        ...
