from collections.abc import Generator
from typing import cast

import pytest

from ichor.errors import Conflict
from ichor.linux import reseal, system_disk
from ichor.linux.meta import DiskMeta
from ichor.linux.reseal import DiskResealer
from ichor.ports.reseal import Resealed
from ichor.resources.block.partition import STATE


class Encrypted:
    encrypted = (STATE,)


def test_keys_are_sealed_by_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(*_: object) -> Generator[Resealed, None, None]:
        yield Resealed(volume=STATE)
        yield Resealed(volume=STATE)

    monkeypatch.setattr(system_disk, "observe", Encrypted)
    monkeypatch.setattr(reseal.DiskResealer, "_of", of)
    one = DiskResealer(cast("DiskMeta", None))
    first = one.reseal()
    next(first)
    with pytest.raises(Conflict):
        next(one.reseal())
    first.close()  # who asked has gone, in the middle
    assert len(list(one.reseal())) == 2
