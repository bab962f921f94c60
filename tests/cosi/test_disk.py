"""What survives, and what is not believed."""

import sqlite3
from pathlib import Path

import pytest
from tests.cosi.specs import Number, Text

from ichor.cosi.disk import Disk
from ichor.cosi.memory import Memory
from ichor.cosi.resource import Key, key_of, kind_of, resource
from ichor.testing.engine import FakeTime

STORED = {kind_of(Number): Number}
A, B = key_of(Number, "a"), key_of(Number, "b")


def opened(path: Path) -> tuple[Disk, Memory]:
    disk = Disk(path, STORED)
    state = Memory(FakeTime().now)
    state.attach(disk)
    return disk, state


def filled(path: Path) -> None:
    disk, state = opened(path)
    state.create(resource(Number(value=1), "a"))
    state.create(resource(Number(value=2), "b"))
    disk.close()


def test_named_kinds_survive_and_others_do_not(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    disk, state = opened(path)
    made = state.create(resource(Number(value=1), "a"), "me")
    state.create(resource(Text(), "t"))
    disk.close()
    disk, state = opened(path)
    assert state.get(A) == made
    assert state.kinds() == [kind_of(Number)]
    disk.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE resources SET body = replace(body, '1', '7') WHERE id = 'a'",
        "UPDATE resources SET digest = x'00' WHERE id = 'a'",
        "UPDATE resources SET id = 'c' WHERE id = 'a'",
    ],
)
def test_a_changed_row_is_set_aside_and_reported(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "state.db"
    filled(path)
    with sqlite3.connect(path) as rows:
        rows.execute(damage)
    rows.close()
    disk, state = opened(path)
    assert [item.id for item in state.list(kind_of(Number))] == ["b"]
    assert [found.reason for found in disk.damage] == ["the digest does not match"]
    disk.close()
    disk, state = opened(path)
    assert disk.damage == []
    assert len(disk.quarantined()) == 1
    disk.close()


def test_an_unreadable_file_is_set_aside_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(b"not a database at all, however long it is" * 200)
    disk, state = opened(path)
    assert disk.damage[0].key is None
    state.create(resource(Number(value=1), "a"))
    disk.close()
    assert path.with_name("state.db.damaged").exists()


def test_what_was_written_is_there_though_nobody_closed_the_file(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    left_open, state = opened(path)
    state.create(resource(Number(value=1), "a"))
    disk, again = opened(path)
    assert again.get(A).spec == Number(value=1)
    disk.close()
    left_open.close()


def test_rows_of_kinds_nobody_named_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    filled(path)
    Disk(path, {}).close()
    disk, state = opened(path)
    assert len(state.list(kind_of(Number))) == 2
    disk.close()


def test_the_disk_stands_when_memory_has_the_same_name(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    filled(path)
    state = Memory(FakeTime().now)
    state.create(resource(Number(value=99), "a"))
    state.create(resource(Number(value=3), "c"))
    disk = Disk(path, STORED)
    state.attach(disk)
    assert state.get(A).spec == Number(value=1)
    assert {item.key.id for item in disk.load()} == {"a", "b", "c"}
    disk.close()


def test_a_write_the_disk_refuses_did_not_happen(tmp_path: Path) -> None:
    disk, state = opened(tmp_path / "state.db")
    disk.close()
    with pytest.raises(sqlite3.ProgrammingError):
        state.create(resource(Number(), "x"))
    assert state.find(Key(*kind_of(Number), "x")) is None


def test_nobody_else_may_read_what_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.touch(mode=0o644)  # of an older version
    disk = Disk(path, {})
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    disk.close()
