"""A machine enters its phases once a boot, and `ichor:run` when all it keeps is open."""

from uuid import UUID

from ichor.apps.machined.site import volumes
from ichor.formats.gpt import Partition, Table
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, STATE

LABELS = (STATE, EPHEMERAL)
PARTS = tuple(
    Partition(n, UUID(int=n), UUID(int=n), n, n, label, 0) for n, label in enumerate(LABELS, 1)
)


def disk(*whole: str) -> SystemDisk:
    return SystemDisk(name="vda", table=Table(UUID(int=9), 100, PARTS), whole=frozenset(whole))


def test_only_with_both_volumes_on_the_disk_nothing_more_is_to_be_opened() -> None:
    assert volumes(disk(STATE, EPHEMERAL)).are_kept
    for some in (disk(), disk(STATE), disk(EPHEMERAL), None):
        assert not volumes(some).are_kept
