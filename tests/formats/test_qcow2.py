"""qcow2 by its tables: every cluster of the disk is found, every one of the file counted once."""

import struct
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import qcow2
from ichor.formats.qcow2 import CLUSTER

_PLACE = (1 << 56) - 512  # bits 9 to 55 of an entry


def entry(data: bytes, table: int, index: int) -> int:
    (value,) = struct.unpack_from(">Q", data, table + 8 * index)
    return int(value)


def mapped(head: bytes, clusters: int) -> dict[int, int]:
    """Give where each cluster of the disk is in the file, in clusters."""
    size, entries, level1 = struct.unpack_from(">Q4xIQ", head, 24)
    assert -(-size // CLUSTER) == clusters
    found = {}
    for index in range(entries):
        if upper := entry(head, level1, index):
            for number in range(CLUSTER // 8):
                if lower := entry(head, upper & _PLACE, number):
                    assert lower >> 63 == upper >> 63 == 1
                    found[index * CLUSTER // 8 + number] = (lower & _PLACE) // CLUSTER
    return found


@given(st.integers(1, 5 * 8192), st.sets(st.integers(0, 5 * 8192), max_size=20))
def test_clusters_follow_each_other_and_are_counted_once(clusters: int, drawn: set[int]) -> None:
    filled = sorted(one for one in drawn if one < clusters)
    head = qcow2.head(clusters * CLUSTER, filled)
    assert len(head) % CLUSTER == 0
    assert mapped(head, clusters) == dict(zip(filled, count(len(head) // CLUSTER), strict=False))
    counts, table_clusters = struct.unpack_from(">QI", head, 48)
    whole = b"".join(
        head[block : block + CLUSTER]
        for index in range(table_clusters * CLUSTER // 8)
        if (block := entry(head, counts, index))
    )
    in_file = len(head) // CLUSTER + len(filled)
    assert whole == b"\0\1" * in_file + bytes(len(whole) - 2 * in_file)


def test_more_than_one_block_counts_a_large_disk() -> None:
    clusters = 3 * CLUSTER // 2
    head = qcow2.head(clusters * CLUSTER, range(clusters))
    first, *_ = struct.unpack_from(">Q", head, 48)
    blocks = [entry(head, first, index) for index in range(8)]
    assert [one // CLUSTER for one in blocks] == [2, 3, 4, 5, 0, 0, 0, 0]


def test_a_cluster_outside_the_disk_is_refused() -> None:
    for size, filled in ((CLUSTER, [1]), (0, []), (CLUSTER, [-1, 0])):
        with pytest.raises(FormatError, match="clusters of a disk"):
            qcow2.head(size, filled)
