"""A staged upgrade is written by the next start, or dropped; META says which, whenever cut off."""

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import pytest

from ichor.errors import FormatError, IchorError, InputError
from ichor.formats import meta, staged
from ichor.formats.meta import FORMER
from ichor.formats.staged import Staged
from ichor.linux.meta import DiskMeta
from ichor.linux.staging import StagedImages
from ichor.ports.staging import Staging, Write

LAYERS = ("sha256:" + "a" * 64, "sha256:" + "b" * 64)
WANTED = Staged(image="a.example/b:1", layers=LAYERS)
Upgrade = Callable[[Sequence[str]], Generator[str, None, None]]


@pytest.fixture
def store(tmp_path: Path) -> DiskMeta:
    disk = tmp_path / "meta"
    disk.write_bytes(bytes(meta.SIZE))
    made = DiskMeta(lambda: disk)
    made.change(lambda values: staged.noted({10: b"x"}, WANTED))
    return made


def started(store: DiskMeta, upgrade: Upgrade) -> Staging:
    """Give what a start makes of what it finds."""
    images = StagedImages(store, upgrade)
    assert images.observe() == Staging(image=WANTED.image)
    asyncio.run(images.apply(Write()))
    return images.observe()


def upgraded(store: DiskMeta) -> Upgrade:
    def upgrade(layers: Sequence[str]) -> Generator[str, None, None]:
        assert tuple(layers) == LAYERS
        yield "checking"
        store.change(lambda values: {**staged.without(values), FORMER: b"ichor-1.efi"})

    return upgrade


def test_it_is_written_and_then_nothing_is_staged(store: DiskMeta) -> None:
    assert started(store, upgraded(store)) == Staging(image=WANTED.image, written=True)
    assert store.observe() == {10: b"x", FORMER: b"ichor-1.efi"}
    assert StagedImages(store, upgraded(store)).observe() == Staging()


@pytest.mark.parametrize("error", [InputError("is not signed"), FileNotFoundError(2, "gone")])
def test_what_cannot_be_written_is_dropped(
    store: DiskMeta, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def upgrade(layers: Sequence[str]) -> Generator[str, None, None]:
        yield "checking"
        raise error

    assert started(store, upgrade) == Staging()
    assert store.observe() == {10: b"x"}
    assert "a staged upgrade is dropped" in caplog.text


class PowerCutError(BaseException):
    """Nothing of the machine goes on."""


def test_a_start_that_is_cut_off_is_followed_by_another_that_does_it(store: DiskMeta) -> None:
    def upgrade(layers: Sequence[str]) -> Generator[str, None, None]:
        yield "checking"
        raise PowerCutError

    with pytest.raises(PowerCutError):
        started(store, upgrade)
    assert staged.parse(store.observe()).begun == 1
    assert started(store, upgraded(store)).written


def test_one_that_ends_two_starts_is_dropped_by_the_third(store: DiskMeta) -> None:
    def upgrade(layers: Sequence[str]) -> Generator[str, None, None]:
        yield "checking"
        raise PowerCutError

    for _ in range(2):
        with pytest.raises(PowerCutError):
            started(store, upgrade)
    assert started(store, upgrade) == Staging()
    assert store.observe() == {10: b"x"}


@pytest.mark.parametrize("options", [None, b"", b"not JSON", b'{"disk": "/dev/sda"}', b"\xff"])
def test_what_others_have_staged_in_their_way_is_dropped(
    store: DiskMeta, options: bytes | None
) -> None:
    def foreign(values: Mapping[int, bytes]) -> Mapping[int, bytes]:
        given = {} if options is None else {staged.OPTIONS: options}
        return {**staged.without(values), staged.IMAGE: WANTED.image.encode(), **given}

    store.change(foreign)
    with pytest.raises(FormatError, match="META key 8"):
        staged.parse(store.observe())
    assert started(store, upgraded(store)) == Staging()
    assert store.observe() == {10: b"x"}


def test_what_is_staged_while_it_runs_is_for_the_next_start(store: DiskMeta) -> None:
    store.change(staged.without)
    images = StagedImages(store, upgraded(store))
    assert images.observe() == Staging()
    store.change(lambda values: staged.noted(values, WANTED))
    assert images.observe() == Staging()


def test_a_meta_that_cannot_be_written_keeps_no_machine_from_coming_up(store: DiskMeta) -> None:
    class ReadOnly(DiskMeta):
        def observe(self) -> Mapping[int, bytes]:
            return store.observe()

        def change(self, how: Callable[[Mapping[int, bytes]], Mapping[int, bytes]]) -> None:
            raise OSError(5, "I/O error")

    assert started(ReadOnly(), upgraded(store)) == Staging()


@pytest.mark.parametrize("error", [FormatError("no copy is whole"), OSError(5, "I/O error")])
def test_a_meta_that_cannot_be_read_stages_nothing(error: IchorError | OSError) -> None:
    class Unreadable(DiskMeta):
        def observe(self) -> Mapping[int, bytes]:
            raise error

    def upgrade(layers: Sequence[str]) -> Generator[str, None, None]:
        raise AssertionError

    assert StagedImages(Unreadable(), upgrade).observe() == Staging()
