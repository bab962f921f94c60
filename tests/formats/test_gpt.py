import contextlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import gpt
from ichor.formats.gpt import Partition, Table

DISK = UUID("6b8d2a52-6f0c-4f9c-8a6e-0123456789ab")
SECTORS = 8192


@st.composite
def tables(draw: st.DrawFn) -> Table:
    sector = draw(st.sampled_from([512, 4096]))
    limit = Table(DISK, SECTORS, (), sector)
    inside = st.integers(limit.first_usable, limit.last_usable)
    edges = sorted(draw(st.lists(inside, max_size=12, unique=True)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    number = st.integers(1, gpt.ENTRIES)
    numbers = sorted(draw(st.lists(number, min_size=len(pairs), max_size=len(pairs), unique=True)))
    label = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=18)
    parts = [
        Partition(n, gpt.LINUX_DATA, draw(st.uuids()), *pair, draw(label), draw(st.integers(0, 7)))
        for n, pair in zip(numbers, pairs, strict=True)
    ]
    return limit._replace(partitions=tuple(parts))


@given(tables())
def test_what_is_written_is_read_from_either_end(table: Table) -> None:
    ends = gpt.build(table)
    assert gpt.parse(ends.head, table.sector) == table
    assert gpt.parse_tail(ends.tail, SECTORS, table.sector) == table
    assert len(ends.head) == table.first_usable * table.sector


@given(tables(), st.integers(0, 500), st.integers(1, 255))
def test_a_changed_header_is_not_believed(table: Table, at: int, by: int) -> None:
    head = bytearray(gpt.build(table).head)
    head[table.sector + at % 92] ^= by
    with pytest.raises(FormatError):
        gpt.parse(bytes(head), table.sector)


@given(tables().filter(lambda table: bool(table.partitions)), st.integers(1, 255))
def test_changed_entries_are_not_believed(table: Table, by: int) -> None:
    tail = bytearray(gpt.build(table).tail)
    tail[(table.partitions[0].number - 1) * 128 + 40] ^= by
    with pytest.raises(FormatError):
        gpt.parse_tail(bytes(tail), SECTORS, table.sector)


@given(st.binary(max_size=40 * 512))
def test_foreign_bytes_end_in_a_format_error_or_a_table(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        gpt.parse(data)
    with contextlib.suppress(FormatError):
        gpt.parse_tail(data, SECTORS)


@given(tables(), st.sampled_from([1, 8, 2048]))
def test_gaps_and_partitions_share_the_disk(table: Table, align: int) -> None:
    for first, last in gpt.free(table, align):
        assert first % align == 0
        number = next(n for n in range(1, 129) if n not in {p.number for p in table.partitions})
        new = Partition(number, gpt.LINUX_DATA, DISK, first, last)
        gpt.build(table._replace(partitions=(*table.partitions, new)))


def test_overlapping_partitions_are_refused() -> None:
    one = Partition(1, gpt.ESP, DISK, 2048, 4095)
    with pytest.raises(FormatError, match="partition 2"):
        gpt.build(Table(DISK, SECTORS, (one, one._replace(number=2, first=4095, last=5000))))


def test_a_disk_that_grew_keeps_its_partitions_and_moves_the_twin() -> None:
    one = Partition(1, gpt.ESP, DISK, 2048, 4095, "EFI")
    grown = gpt.resized(gpt.parse(gpt.build(Table(DISK, SECTORS, (one,))).head), 2 * SECTORS)
    ends = gpt.build(grown)
    assert gpt.parse_tail(ends.tail, 2 * SECTORS).partitions == (one,)


def test_the_protective_mbr_claims_the_disk() -> None:
    head = gpt.build(Table(DISK, SECTORS)).head
    assert head[510:512] == b"\x55\xaa"
    assert head[450] == 0xEE
    assert int.from_bytes(head[458:462], "little") == SECTORS - 1
