"""Metadata and gRPC's own headers: text and `-bin` values, timeouts, percent-encoded messages.

Bytes on the wire are checked on the way in and out; see gRPC's PROTOCOL-HTTP2.md.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from ichor.rpc.status import Code, Pair, RpcError

Fields: TypeAlias = list[tuple[bytes, bytes]]

_KEY = re.compile(r"[0-9a-z_.\-]+")
_TEXT = re.compile(r"[\x20-\x7e]*")
_OWN = frozenset({"te", "content-type", "connection", "host"})
_TIMEOUT = re.compile(rb"([0-9]{1,8})([HMSmun])")
_UNIT_S = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}


class Metadata(tuple[Pair, ...]):
    """Pairs in the order sent; keys are lower case, values of `-bin` keys are bytes."""

    __slots__ = ()

    def all(self, key: str) -> tuple[str, ...]:
        return tuple(v for k, v in self if k == key and isinstance(v, str))

    def one(self, key: str) -> str | None:
        """Give the first text value, or None."""
        return next(iter(self.all(key)), None)

    def binary(self, key: str) -> bytes | None:
        return next((v for k, v in self if k == key and isinstance(v, bytes)), None)

    def without(self, *keys: str) -> "Metadata":
        return Metadata(pair for pair in self if pair[0] not in keys)


def decode(fields: Iterable[tuple[bytes, bytes]]) -> Metadata:
    """Keep what belongs to the application: no pseudo-header, none of gRPC's own."""
    return Metadata(_pairs(fields))


def _pairs(fields: Iterable[tuple[bytes, bytes]]) -> Iterable[Pair]:
    for raw, value in fields:
        key = raw.decode("latin-1")
        if key.startswith((":", "grpc-")) or key in _OWN:
            continue
        if key.endswith("-bin"):
            for part in value.split(b","):  # several values may be joined
                yield key, unbase64(part)
        else:
            yield key, value.decode("latin-1").strip()


def encode(pairs: Iterable[Pair]) -> Fields:
    """Write metadata as header fields. Raises ValueError for what HTTP/2 cannot carry."""
    return [_field(key, value) for key, value in pairs]


def _field(key: str, value: str | bytes) -> tuple[bytes, bytes]:
    if not _KEY.fullmatch(key) or key.startswith("grpc-") or key in _OWN:
        raise ValueError(f"{key!r} is no key of metadata")
    if key.endswith("-bin"):
        raw = value.encode() if isinstance(value, str) else value
        return binary_field(key.encode(), raw)
    if not isinstance(value, str) or not _TEXT.fullmatch(value):
        raise ValueError(f"the value of {key!r} is no printable ASCII; name it {key}-bin")
    return key.encode(), value.encode()


def binary_field(key: bytes, value: bytes) -> tuple[bytes, bytes]:
    return key, base64.b64encode(value).rstrip(b"=")


def unbase64(value: bytes) -> bytes:
    value = value.strip().rstrip(b"=")
    try:
        return base64.b64decode(value + b"=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        raise RpcError(Code.INTERNAL, "a -bin header is no base64") from None


def parse_timeout(value: bytes) -> float:
    """Read grpc-timeout into seconds."""
    match = _TIMEOUT.fullmatch(value)
    if match is None:
        raise RpcError(Code.INTERNAL, "grpc-timeout is malformed")
    return int(match[1]) * _UNIT_S[match[2]]


def format_timeout(seconds: float) -> bytes:
    """Write the finest unit that fits into eight digits; never zero, which would say expired."""
    for unit, scale in ((b"u", 1e6), (b"m", 1e3), (b"S", 1.0), (b"M", 1 / 60)):
        if (count := int(seconds * scale)) < 100_000_000:
            return b"%d%s" % (max(count, 1), unit)
    return b"99999999H"


def quote(message: str) -> bytes:
    """Percent-encode a grpc-message: all but printable ASCII, and the percent sign itself."""
    raw = message.encode("utf-8", "replace")
    return b"".join(b"%c" % c if 0x20 <= c <= 0x7E and c != 0x25 else b"%%%02X" % c for c in raw)


def unquote(value: bytes) -> str:
    return unquote_to_bytes(value).decode("utf-8", "replace")
