"""The sorts of fields that specs are made of, beyond str, int, bool and tuples of them.

Text forms are what users see; what differs on the wire is said by a mark inside Annotated, which
costs nothing until `ichor.resources.wire` looks for it:

| sort | in Python | in YAML | in protobuf |
|---|---|---|---|
| OmitEmpty[T] | T | left out when zero | T |
| Inline[T] | T | the spec itself, no key | T |
| NoWire[T] | T | T | not there |
| Address, Prefix, AddressPort, Url | str | text | bytes and numbers, see wire |
| HardwareAddr | str | aa:bb:cc:dd:ee:ff | six bytes |
| Word | member of an Enum | its text | its number |
| Numbered kinds (LinkType, ...) | str | text | number |
| Octets | bytes | list of numbers | bytes |
"""

import enum
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Self, TypeAlias, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Mark(enum.Enum):
    """What a field's type alone does not say."""

    OMIT_EMPTY = enum.auto()
    INLINE = enum.auto()
    VERBATIM = enum.auto()
    HARDWARE = enum.auto()
    OCTETS = enum.auto()
    NO_WIRE = enum.auto()
    ADDRESS_FLAGS = enum.auto()
    LINK_FLAGS = enum.auto()
    ROUTE_FLAGS = enum.auto()


OmitEmpty = Annotated[T, Mark.OMIT_EMPTY]
Inline = Annotated[T, Mark.INLINE]
NoWire = Annotated[T, Mark.NO_WIRE]

# The whole YAML of a spec as text, kept to the byte.
Verbatim = Annotated[str, Mark.VERBATIM]

Object: TypeAlias = Mapping[str, object]
Address: TypeAlias = str
AddressPort: TypeAlias = str
Prefix: TypeAlias = str
Url: TypeAlias = str
LinkType: TypeAlias = str
RouteProtocol: TypeAlias = str
RoutingTable: TypeAlias = str
HardwareAddr = Annotated[str, Mark.HARDWARE]
Octets = Annotated[bytes, Mark.OCTETS]

# An expression travels as a checked tree, which needs a CEL parser: not sent on the wire yet.
Expression = Annotated[str, Mark.NO_WIRE]

# Sets of flags: names joined by commas.
AddressFlags = Annotated[str, Mark.ADDRESS_FLAGS]
LinkFlags = Annotated[str, Mark.LINK_FLAGS]
RouteFlags = Annotated[str, Mark.ROUTE_FLAGS]

# The zero of the wire format's clock: no time at all.
NO_TIME = datetime(1, 1, 1, tzinfo=UTC)


class Word(enum.Enum):
    """A closed set of words, each with its number on the wire: `UP = "up", 6`."""

    number: int

    def __new__(cls, text: str, number: int) -> Self:
        word = object.__new__(cls)
        word._value_ = text
        word.number = number
        return word

    @classmethod
    def named(cls, text: str) -> Self:
        """Give the word with this text. Raises KeyError."""
        return {word.value: word for word in cls}[text]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of structures inside specs."""


class Certificate(Part, frozen=True, kw_only=True):
    """crt: PEM."""

    crt: bytes = b""


class PrivateKey(Part, frozen=True, kw_only=True):
    """key: PEM; never shown."""

    key: bytes = b""

    def __repr__(self) -> str:
        return "PrivateKey(...)"


class CertificateAndKey(Part, frozen=True, kw_only=True):
    """crt, key: PEM; the key is never shown."""

    crt: bytes = b""
    key: bytes = b""

    def __repr__(self) -> str:
        return f"CertificateAndKey(crt={self.crt!r}, key=...)"
