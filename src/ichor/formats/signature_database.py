"""What firmware trusts, and what it does not any more: its variables `db` and `dbx`.

    EFI_SIGNATURE_LIST   type, u32 size, u32 size of its header, u32 size of one | header | one ...
    one                  owner, 16 bytes | a certificate, or a digest

UEFI 2.10, 32.4.1. Types that are not named here are of digests and algorithms we do not sign with.
"""

import struct
from enum import Enum
from typing import Final, NamedTuple
from uuid import UUID

from ichor.errors import FormatError

_LIST: Final = struct.Struct("<16sIII")
_OWNER: Final = 16


class Kind(Enum):
    """What an entry is; *_OF_CERTIFICATE: digest of what a certificate's signature is over."""

    X509 = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072"
    SHA256 = "c1c41626-504c-4092-aca9-41f936934328"
    SHA256_OF_CERTIFICATE = "3bd2a492-96c0-4079-b420-fcf98ef103ed"
    SHA384_OF_CERTIFICATE = "7076876e-80c2-4ee6-aad2-28b349a6865b"
    SHA512_OF_CERTIFICATE = "446dbf63-2502-4cda-bcfa-2465d2b0fe9d"


class Entry(NamedTuple):
    """content: DER of a certificate; an image's digest; a certificate's, and 16 bytes of time."""

    kind: Kind
    content: bytes


_KINDS: Final = {UUID(kind.value).bytes_le: kind for kind in Kind}


def parse(data: bytes) -> tuple[Entry, ...]:
    """Give the entries of a variable's lists. Raises FormatError where it is cut or overlaps."""
    found: list[Entry] = []
    at = 0
    while at < len(data):
        if len(data) - at < _LIST.size:
            raise FormatError("a whole EFI_SIGNATURE_LIST", offset=at)
        guid, size, head, each = _LIST.unpack_from(data, at)
        begin, end = at + _LIST.size + head, at + size
        if size < _LIST.size or end > len(data) or begin > end:
            raise FormatError("a list that ends within the variable", offset=at)
        if each <= _OWNER or (end - begin) % each:
            raise FormatError("a list of entries of one size", offset=at)
        kind = _KINDS.get(guid)
        if kind is not None:
            found += (
                Entry(kind, data[one + _OWNER : one + each]) for one in range(begin, end, each)
            )
        at = end
    return tuple(found)
