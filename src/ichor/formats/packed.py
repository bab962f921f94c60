"""Configurations as they are carried: base64 of zstd in a kernel argument, gzip from a server."""

import base64
import binascii
import zlib
from typing import Final

from ichor.errors import FormatError

MOST: Final = 4 << 20  # bytes of a configuration; one of ours has some ten thousand
_GZIP: Final = b"\x1f\x8b"


def from_argument(text: str) -> bytes:
    """Undo base64 and zstd. Raises FormatError."""
    from backports import zstd  # for who has such an argument

    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FormatError("base64") from None
    try:
        machine = zstd.ZstdDecompressor()
        data = machine.decompress(packed, MOST)
    except zstd.ZstdError as err:
        raise FormatError(f"zstd below base64 ({err})") from None
    if not machine.eof:
        raise FormatError(f"a whole zstd frame of at most {MOST} bytes")
    return data


def unpacked(data: bytes) -> bytes:
    """Undo gzip, if it is that (RFC 1952). Raises FormatError."""
    if not data.startswith(_GZIP):
        return data
    machine = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = machine.decompress(data, MOST)
    except zlib.error as err:
        raise FormatError(f"gzip ({err})") from None
    if not machine.eof:
        raise FormatError(f"a whole gzip of at most {MOST} bytes")
    return plain
