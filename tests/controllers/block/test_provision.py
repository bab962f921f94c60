"""Volumes of a machine's disk: made once, where there is room, and gone on with after a cut."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.controllers.block.provision import Inputs, plan, report
from ichor.errors import Conflict
from ichor.formats import gpt
from ichor.formats.gpt import LINUX_DATA, SECTOR, Partition, Table
from ichor.models import system_disk
from ichor.ports.system_disk import Action, AddPartition, MakeFileSystem, SystemDisk
from ichor.resources.block.partition import EPHEMERAL, META, MIB, STATE, STATE_SIZE
from ichor.resources.block.provision import ID, VolumeProvision, VolumeProvisionStatus

GIB = 1 << 30
ASKED = Inputs(asked={ID: VolumeProvision(labels=(STATE, EPHEMERAL))})


def disk(size: int = 8 * GIB) -> SystemDisk:
    """One with META from 1 MiB on, which is 1 MiB."""
    first = MIB // SECTOR
    meta = Partition(4, LINUX_DATA, UUID(int=4), first, 2 * first - 1, META)
    return SystemDisk(name="vda", table=Table(UUID(int=9), size // SECTOR, (meta,)))


def done(begin: SystemDisk, actions: Iterator[Action] | list[Action]) -> SystemDisk:
    found: SystemDisk | None = begin
    for action in actions:
        found = system_disk.model(found, action)
    assert found is not None
    return found


def test_a_first_start_makes_both_and_a_second_none() -> None:
    made = done(disk(), plan(ASKED, disk()))
    assert [part.label for part in made.table.partitions] == [META, STATE, EPHEMERAL]
    state, ephemeral = made.table.partitions[1:]
    assert (state.number, state.sectors * SECTOR) == (5, STATE_SIZE)
    assert ephemeral.first == state.last + 1
    assert made.table.last_usable - ephemeral.last < MIB // SECTOR
    assert made.whole == {STATE, EPHEMERAL}
    assert made.device(EPHEMERAL) == "/dev/vda6"
    assert list(plan(ASKED, made)) == []
    (status,) = report(ASKED, made)
    assert status == (ID, VolumeProvisionStatus(labels=(STATE, EPHEMERAL)))


@given(st.integers(min_value=0, max_value=4))
def test_cut_off_anywhere_it_goes_on_and_ends_alike(count: int) -> None:
    whole = done(disk(), plan(ASKED, disk()))
    cut = done(disk(), list(plan(ASKED, disk()))[:count])
    assert done(cut, plan(ASKED, cut)) == whole


def test_what_is_whole_is_never_made_again() -> None:
    whole = done(disk(), plan(ASKED, disk()))
    lacking = SystemDisk(name="vda", table=whole.table, whole=frozenset({STATE}))
    assert list(plan(ASKED, lacking)) == [MakeFileSystem(EPHEMERAL)]


def test_what_is_something_else_is_left_as_it_is() -> None:
    whole = done(disk(), plan(ASKED, disk()))
    damaged = SystemDisk(
        name="vda", table=whole.table, whole=frozenset({STATE}), foreign=frozenset({EPHEMERAL})
    )
    with pytest.raises(Conflict, match="EPHEMERAL of vda holds what is no whole XFS"):
        list(plan(ASKED, damaged))


def test_a_disk_too_small_is_left_as_it_is() -> None:
    with pytest.raises(Conflict, match=r"EPHEMERAL needs 2\.1 GB, and the disk has 9\d\d MB free"):
        list(plan(ASKED, disk(GIB)))


def test_tables_that_are_made_can_be_written() -> None:
    made = done(disk(), plan(ASKED, disk()))
    assert gpt.parse(gpt.build(made.table).head) == made.table


def test_nothing_is_asked_of_a_machine_without_a_disk() -> None:
    assert list(plan(ASKED, None)) == []
    assert list(plan(Inputs(), disk())) == []


def test_devices_whose_names_end_in_a_digit_have_a_letter_before_the_partition() -> None:
    found = done(disk(), plan(ASKED, disk()))
    nvme = SystemDisk(name="nvme0n1", table=found.table)
    assert nvme.device(STATE) == "/dev/nvme0n1p5"


def test_partitions_come_before_their_file_systems() -> None:
    kinds = [type(action) for action in plan(ASKED, disk())]
    assert kinds == [AddPartition, MakeFileSystem] * 2
