"""A machine enters its phases once a boot, and `ichor:run` when all it keeps is open."""

from pathlib import Path
from uuid import UUID

import pytest

from ichor.apps.machined import measuring
from ichor.apps.machined.site import volumes
from ichor.apps.machined.unlock import Opened
from ichor.errors import Conflict
from ichor.formats.gpt import Partition, Table
from ichor.formats.luks2 import MADE, Header
from ichor.linux import measurement
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


def test_secrets_that_the_tpm_would_go_on_giving_end_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = tmp_path / "tpm"
    monkeypatch.setattr(measuring, "_DEVICE", device)
    monkeypatch.setattr(measurement, "MEASURED", tmp_path / "measured.jsonl")
    measuring.run(is_sealed=True)  # there is no TPM that could
    device.touch()  # one that takes commands, and answers nothing
    measuring.boot()
    measuring.run()
    with pytest.raises(Conflict, match="was not told"):
        measuring.run(is_sealed=True)


def test_a_volume_is_sealed_whose_header_has_what_the_tpm_opens() -> None:
    plain = disk(*LABELS)
    slots = {0: "tpm"}
    sealed = Header(0, "", EPHEMERAL, MADE, slots, {0: b"blob"})
    for header, labels, expected in (
        (sealed, frozenset(LABELS), True),
        (sealed, frozenset({STATE}), False),
        (sealed._replace(sealed={}), frozenset(LABELS), False),
    ):
        found = SystemDisk(name="vda", table=plain.table, encrypted={EPHEMERAL: header})
        assert Opened(found, labels).is_sealed is expected
    assert not Opened(plain, frozenset(LABELS)).is_sealed
    assert not Opened(None).is_sealed
