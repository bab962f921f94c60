"""An archive of one file with holes, as GNU tar has them (GNU tar manual, Basic Tar Format).

    header, type S    4 pieces (offset, length), whether more follow, size of the whole file
    blocks            of 21 more pieces each
    bytes             of the pieces one after the other, padded to a block

Numbers are octal text. Owner root, mode 0644, time 0.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from ichor.errors import FormatError

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
_IN_HEADER, _IN_BLOCK = 4, 21
_SPARSE, _MORE, _WHOLE, _CHECKSUM = 386, 482, 483, 148
_NAME, _LARGEST = 100, 8**11
Piece: TypeAlias = tuple[int, int]


def head(name: str, size: int, pieces: Sequence[Piece]) -> bytes:
    """Give what comes before the bytes of the pieces: (offset, length), ascending, apart.

    Raises FormatError for a name or a size that has no place.
    """
    if len(name.encode()) >= _NAME or not 0 <= size < _LARGEST:
        raise FormatError(f"a name below {_NAME} bytes, a file below {_LARGEST}")
    # A last piece of no length says how far the hole behind the others goes.
    rows = [*pieces, (size, 0)]
    stored = sum(length for _, length in pieces)
    made = bytearray(BLOCK)
    fields = {
        0: name.encode(),
        100: b"0000644\0",
        108: b"0000000\0",
        116: b"0000000\0",
        124: _number(stored),
        136: _number(0),
        _CHECKSUM: b" " * 8,
        156: b"S",
        257: b"ustar  \0",
        265: b"root",
        297: b"root",
        _SPARSE: b"".join(map(_piece, rows[:_IN_HEADER])),
        _MORE: bytes([len(rows) > _IN_HEADER]),
        _WHOLE: _number(size),
    }
    for at, value in fields.items():
        made[at : at + len(value)] = value
    made[_CHECKSUM : _CHECKSUM + 8] = b"%06o\0 " % sum(made)
    return bytes(made) + b"".join(_further(rows[_IN_HEADER:]))


def _further(rows: Sequence[Piece]) -> Iterator[bytes]:
    for at in range(0, len(rows), _IN_BLOCK):
        told = b"".join(map(_piece, rows[at : at + _IN_BLOCK]))
        more = bytes([at + _IN_BLOCK < len(rows)])
        yield (told.ljust(_IN_BLOCK * 24, b"\0") + more).ljust(BLOCK, b"\0")


def _piece(piece: Piece) -> bytes:
    return b"".join(map(_number, piece))


def _number(value: int) -> bytes:
    return b"%011o\0" % value
