"""qcow2 images, version 3, not compressed, without snapshots (QEMU, docs/interop/qcow2.txt).

    cluster 0   header
    then        table of reference counts, blocks of counts, level 1, level 2 tables, data

All numbers are big-endian. A cluster of the disk that is all zero has none in the file.
"""

import struct
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from ichor.errors import FormatError

_BITS: Final = 16
CLUSTER: Final = 1 << _BITS
# magic, version, backing file, its name's length, cluster bits, size, encryption, entries of level
# 1, where that is, where counts are, clusters of their table, snapshots, where; incompatible,
# compatible and autoclear features, bits of a count as a power of 2, length
_HEADER: Final = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_COUNT_ORDER: Final = 4  # counts of 16 bits
_COUNTS: Final = CLUSTER // 2  # in a block
_ENTRIES: Final = CLUSTER // 8  # in a table
_ONCE: Final = 1 << 63  # its cluster's count is 1


def head(size: int, filled: Sequence[int]) -> bytes:
    """Give all of an image that comes before its data: the clusters named, in this order, whole.

    size: of the disk in bytes. filled: numbers of its clusters that hold something, ascending.
    """
    clusters = -(-size // CLUSTER)
    if size <= 0 or (filled and not 0 <= filled[0] <= filled[-1] < clusters):
        raise FormatError(f"clusters of a disk of {size} bytes")
    upper = -(-clusters // _ENTRIES)
    upper_clusters = -(-upper // _ENTRIES)
    groups = [(key, list(each)) for key, each in groupby(filled, lambda one: one // _ENTRIES)]
    rest = 1 + upper_clusters + len(groups) + len(filled)
    counted, tables = _counting(rest)
    at_upper = 1 + tables + counted
    at_lower = at_upper + upper_clusters
    at_data = at_lower + len(groups)
    fixed = b"QFI\xfb", 3, 0, 0, _BITS, size, 0, upper, at_upper * CLUSTER, CLUSTER, tables
    made = _HEADER.pack(*fixed, 0, 0, 0, 0, 0, _COUNT_ORDER, _HEADER.size)
    level1, level2 = [0] * upper, b""
    for number, (key, members) in enumerate(groups):
        level1[key] = (at_lower + number) * CLUSTER | _ONCE
        lower = [0] * _ENTRIES
        for one in members:
            lower[one % _ENTRIES] = at_data * CLUSTER | _ONCE
            at_data += 1
        level2 += _words(lower)
    blocks = _words([(1 + tables + number) * CLUSTER for number in range(counted)])
    counts = b"\0\1" * (rest + tables + counted)
    return b"".join(map(_padded, (made, blocks, counts, _words(level1), level2)))


def _counting(rest: int) -> tuple[int, int]:
    """Give how many blocks count that many clusters and themselves, and their table's clusters."""
    counted = tables = 0
    while True:
        wanted = -(-(rest + counted + tables) // _COUNTS)
        if wanted == counted:
            return counted, tables
        counted, tables = wanted, -(-wanted // _ENTRIES)


def _words(values: Sequence[int]) -> bytes:
    return struct.pack(f">{len(values)}Q", *values)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % CLUSTER)
