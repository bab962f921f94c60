"""The least generation of images that may run on this machine, kept where no image is."""

from typing import Protocol, TypeAlias

from msgspec import Struct


class Least(Struct, frozen=True):
    """number: None where none was remembered. is_allowed: an administrator said so in this boot."""

    number: int | None = None
    is_allowed: bool = False


class Remember(Struct, frozen=True):
    least: int


class Allow(Struct, frozen=True):
    """The same, for an administrator: the image that runs raises it no more in this boot."""

    least: int


Action: TypeAlias = Remember | Allow


class Generations(Protocol):
    def observe(self) -> Least:
        """Raises OSError."""
        ...

    def apply(self, action: Action) -> None: ...
