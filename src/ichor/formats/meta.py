"""META: what outlives configurations, as tagged values in a partition of 1 MiB.

    two copies of 256 KiB, the same; of each, numbers are 32 bits, big-endian
    magic | tag, length, bytes | ... | tag 0 | zeros | sha256 of the copy without it | closing magic

The first copy that is whole is read; both are written. Tags are those of facts/meta_keys.tsv.
"""

import hashlib
import struct
from collections.abc import Mapping
from typing import Final

from ichor.errors import FormatError

SIZE: Final = 1 << 20
COPY: Final = 256 << 10
STATE_ENCRYPTION: Final = 9  # JSON
FORMER: Final = 6  # the boot entry before an upgrade, until all is well
_MAGIC, _CLOSING = 0x5A4B3C2D, 0xA5B4C3D2
_DIGEST_AT: Final = COPY - 36
_WORD: Final = struct.Struct(">I")
_HEAD: Final = struct.Struct(">II")


def build(values: Mapping[int, bytes]) -> bytes:
    """Give both copies, to be written at the start. Raises FormatError if they do not fit."""
    body = bytearray(_WORD.pack(_MAGIC))
    for tag in sorted(values):
        if not 0 < tag <= 0xFF:
            raise FormatError(f"a tag from 1 to 255, not {tag}")
        body += _HEAD.pack(tag, len(values[tag])) + values[tag]
    body += _WORD.pack(0)
    if len(body) > _DIGEST_AT:
        raise FormatError(f"at most {_DIGEST_AT} bytes of values, not {len(body)}")
    copy = bytes(body).ljust(_DIGEST_AT, b"\0")
    return (copy + _digest(copy) + _WORD.pack(_CLOSING)) * 2


def parse(partition: bytes) -> Mapping[int, bytes]:
    """Read the values; none of a blank partition. Raises FormatError if no copy is whole."""
    reasons: list[FormatError] = []
    for at in (0, COPY):
        copy = partition[at : at + COPY]
        try:
            return _values(copy)
        except FormatError as err:
            reasons.append(err)
    if not any(partition[: 2 * COPY]):
        return {}
    raise reasons[0]


def without(values: Mapping[int, bytes], tag: int) -> Mapping[int, bytes]:
    return {each: value for each, value in values.items() if each != tag}


def is_whole(copy: bytes) -> bool:
    try:
        _values(copy)
    except FormatError:
        return False
    return True


def _values(copy: bytes) -> Mapping[int, bytes]:
    if len(copy) < COPY:
        raise FormatError(f"a copy of {COPY} bytes")
    if _WORD.unpack_from(copy)[0] != _MAGIC:
        raise FormatError(f"magic {_MAGIC:#x}")
    if _WORD.unpack_from(copy, COPY - 4)[0] != _CLOSING:
        raise FormatError(f"magic {_CLOSING:#x}", offset=COPY - 4)
    if copy[_DIGEST_AT : COPY - 4] != _digest(copy[:_DIGEST_AT]):
        raise FormatError("the SHA-256 of the values", offset=_DIGEST_AT)
    return _records(copy)


def _records(copy: bytes) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    at = _WORD.size
    while at + _WORD.size <= _DIGEST_AT and (tag := _WORD.unpack_from(copy, at)[0]) != 0:
        size = _WORD.unpack_from(copy, at + _WORD.size)[0]
        start = at + _HEAD.size
        if start + size > _DIGEST_AT:
            raise FormatError("a value that ends before the digest", offset=at)
        found[tag] = copy[start : start + size]
        at = start + size
    return found


def _digest(body: bytes) -> bytes:
    """Hash a copy whose digest is zero."""
    return hashlib.sha256(body + bytes(32) + _WORD.pack(_CLOSING)).digest()
