"""LUKS2 by the library itself, on files: headers need no kernel, only opening a device does."""

import ctypes
import errno
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from ichor.errors import Conflict, InputError, NotFound
from ichor.formats import luks2
from ichor.formats.gpt import LINUX_DATA, Partition, Table
from ichor.formats.luks2 import BOTH, COPY
from ichor.formats.xfs import Content
from ichor.linux import cryptsetup, encrypted, system_disk
from ichor.linux.cryptsetup import CHEAP, Kdf, Shape, Volume
from ichor.linux.encrypted import (
    Sources,
    kdf_of,
    key_of,
    shape_of,
    try_keys,
    unlock,
)
from ichor.linux.tpm import KernelTpm
from ichor.linux.volume_settings import Kept
from ichor.log import LineFormatter
from ichor.pki import volume_key
from ichor.ports.system_disk import SystemDisk, VolumeSettings
from ichor.resources.block.kinds import EncryptionKeyType, EncryptionProviderType
from ichor.resources.block.partition import EPHEMERAL
from ichor.resources.block.volume_config import Encryption, EncryptionKey

MACHINE = "54762e9b-31cd-4e74-8c41-f530b83d4b1a"
SECTOR = 512
NO_TPM = KernelTpm(lambda: None)
QUICK = Kdf("argon2id", 4, 64, 1)
NODE_ID = EncryptionKey(slot=0, type=EncryptionKeyType.NODE_ID)
STATIC = EncryptionKey(slot=1, type=EncryptionKeyType.STATIC, static_passphrase="word")


@pytest.fixture
def device(tmp_path: Path) -> Path:
    path = tmp_path / "volume"
    with path.open("wb") as file:
        file.truncate(64 << 20)
    return path


def start(device: Path) -> bytes:
    with device.open("rb") as file:
        return file.read(BOTH)


Step = Callable[[Volume], None]
STEPS: tuple[Step, ...] = (
    lambda volume: volume.format(Shape(), "STATE", luks2.MAKING),
    lambda volume: volume.add_slot(0, b"k" * 32, CHEAP),
    lambda volume: volume.set_token([0], kind="nodeID"),
    lambda volume: volume.add_slot(1, b"word", QUICK),
    lambda volume: volume.set_token([1], kind="static"),
    lambda volume: volume.set_label("STATE", luks2.MADE),
)


def made(device: Path) -> Iterator[bytes]:
    """Make a volume; yield its start before the first step and after each."""
    yield start(device)
    with Volume(device) as volume:
        for step in STEPS:
            step(volume)
            yield start(device)


def between(before: bytes, after: bytes) -> Iterator[bytes]:
    """Give what a cut leaves of a write: sectors up to one, in the order of either copy first."""
    changed = [
        at for at in range(0, BOTH, SECTOR) if before[at : at + SECTOR] != after[at : at + SECTOR]
    ]
    first = [at for at in changed if at < COPY]
    second = [at for at in changed if at >= COPY]
    for order in (first + second, second + first, second[::-1] + first[::-1]):
        seen = bytearray(before)
        for at in order:
            seen[at : at + SECTOR] = after[at : at + SECTOR]
            yield bytes(seen)


def test_cut_off_at_any_sector_a_volume_is_made_or_made_again(device: Path) -> None:
    images = list(made(device))
    for before, after in pairwise(images[:-1]):
        for image in between(before, after):
            assert luks2.content(image) in (None, Content.NONE)
    for image in between(*images[-2:]):
        assert luks2.content(image) in (Content.NONE, Content.WHOLE)
    assert luks2.content(images[-2]) is Content.NONE
    assert luks2.content(images[-1]) is Content.WHOLE


def test_slots_that_come_and_go_leave_a_volume_whole_at_any_sector(device: Path) -> None:
    *_, before = made(device)
    changes: tuple[Step, ...] = (
        lambda volume: volume.add_slot(5, b"new", CHEAP, known=b"word"),
        lambda volume: volume.remove_slot(1),
    )
    with Volume(device) as volume:
        volume.load()
        for change in changes:
            change(volume)
            after = start(device)
            assert {luks2.content(image) for image in between(before, after)} == {Content.WHOLE}
            before = after
        volume.check(5, b"new")
        with pytest.raises(OSError, match="crypt_activate") as caught:
            volume.check(1, b"word")
        assert caught.value.errno == errno.ENOENT


def test_each_key_opens_by_its_slot_and_no_other(device: Path) -> None:
    *_, image = made(device)
    header = luks2.found(image)
    assert header is not None
    assert (header.label, header.slots) == ("STATE", {0: "nodeID", 1: "static"})
    with Volume(device) as volume:
        volume.load()
        volume.check(0, b"k" * 32)
        volume.check(1, b"word")
        with pytest.raises(PermissionError):
            volume.check(0, b"word")


def test_a_torn_copy_is_repaired_from_the_other(device: Path) -> None:
    *_, image = made(device)
    with device.open("r+b") as file:
        file.write(bytes(4096))
    assert luks2.content(start(device)) is Content.WHOLE
    with Volume(device) as volume:
        volume.load()
    assert luks2.parse(start(device)) == luks2.found(image)


def test_erased_nobody_opens_it_though_its_header_comes_back(tmp_path: Path) -> None:
    """A partition from 1 MiB on: what was before it stays, what it held is no more."""
    disk, volume = tmp_path / "disk", tmp_path / "volume"
    with volume.open("wb") as file:
        file.truncate(64 << 20)
    list(made(volume))
    before = start(volume)
    with Volume(volume) as found:
        found.load()
        library = cryptsetup._library()
        library.crypt_get_data_offset.restype = ctypes.c_uint64
        assert library.crypt_get_data_offset(found._context) * SECTOR == luks2.DATA
    part = Partition(5, LINUX_DATA, UUID(int=5), 2048, 2048 + (64 << 20) // SECTOR - 1, "STATE")
    disk.write_bytes(b"before".ljust(1 << 20, b"x") + volume.read_bytes() + bytes(1 << 20))
    table = Table(UUID(int=9), disk.stat().st_size // SECTOR, (part,))
    system_disk.remove(SystemDisk(name=str(disk), table=table), "STATE")
    left = disk.read_bytes()[1 << 20 : (1 << 20) + (64 << 20)]
    assert not any(left[: luks2.DATA])
    volume.write_bytes(before + left[BOTH:])
    with Volume(volume) as found:
        found.load()
        for slot, key in ((0, b"k" * 32), (1, b"word")):
            with pytest.raises(PermissionError):
                found.check(slot, key)


def check(volume: Volume, label: str, slot: int, word: bytes, how: Encryption) -> None:
    """Do all of opening that needs no kernel."""
    assert label == "STATE"
    assert how.keys
    volume.check(slot, word)


def settings(*keys: EncryptionKey) -> Kept:
    encryption = Encryption(provider=EncryptionProviderType.LUKS2, keys=keys)
    return Kept(settings=VolumeSettings(encryption=encryption))


def test_a_volume_that_no_key_opens_says_why_of_each_and_stays(
    device: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    list(made(device))
    before = start(device)
    (tmp_path / "uuid").write_text(f"{MACHINE}\n")
    monkeypatch.setattr(encrypted, "MACHINE", tmp_path / "uuid")
    kept = settings(
        NODE_ID,
        EncryptionKey(slot=1, type=EncryptionKeyType.STATIC),
        EncryptionKey(slot=2, type=EncryptionKeyType.STATIC, static_passphrase="x"),
        EncryptionKey(slot=3, type=EncryptionKeyType.NODE_ID, lock_to_state=True),
        EncryptionKey(slot=4, type=EncryptionKeyType.TPM),
        EncryptionKey(slot=5, type=EncryptionKeyType.KMS),
    )
    with pytest.raises(Conflict) as caught:
        unlock(device, "STATE", kept, check)
    said = str(caught.value)
    assert "no key opens STATE" in said
    for reason in (
        "slot 0 (nodeID): the key does not fit",
        "slot 1 (static): its passphrase is not kept on this machine",
        "slot 2 (static): there is no such slot",
        "slot 3 (nodeID): it is locked to STATE, which has no salt",
        "slot 4 (tpm): nothing is sealed in the header",
        "slot 5 (kms): keys of kind kms are known, not supported yet",
    ):
        assert reason in said
    lines = [LineFormatter().format(record) for record in caplog.records]
    told = "volume=STATE slot=4 key=tpm why='nothing is sealed in the header'"
    assert any(line.endswith(told) for line in lines)
    assert start(device) == before
    with pytest.raises(Conflict, match="none is known"):
        unlock(device, "STATE", None, check)
    unlock(device, "STATE", settings(NODE_ID, STATIC), check)


def test_keys_are_tried_before_they_are_kept_for_a_volume_that_is_there(
    device: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A new STATE, and so another salt: PID 1 must not be told to open EPHEMERAL by that."""
    (tmp_path / "uuid").write_text(f"{MACHINE}\n")
    monkeypatch.setattr(encrypted, "MACHINE", tmp_path / "uuid")
    locked = EncryptionKey(slot=0, type=EncryptionKeyType.NODE_ID, lock_to_state=True)
    given = Sources(MACHINE, NO_TPM, b"s" * 32)
    encrypted.begin(device, EPHEMERAL, Encryption(keys=(locked, STATIC)), given, no_kernel)
    encrypted.finish(device, EPHEMERAL)
    before = start(device)
    for kept in (replace(settings(locked), salt=b"t" * 32), settings(locked), settings()):
        with pytest.raises(Conflict, match="erase it, too: reset with EPHEMERAL"):
            try_keys(device, EPHEMERAL, kept)
    try_keys(device, EPHEMERAL, replace(settings(locked), salt=b"s" * 32))
    try_keys(device, EPHEMERAL, settings(locked, STATIC))
    assert start(device) == before


def no_kernel(volume: Volume, label: str, slot: int, word: bytes, how: Encryption) -> None:
    volume.check(slot, word)


def test_a_volume_is_made_with_all_its_keys(device: Path) -> None:
    given = Sources(MACHINE, NO_TPM, b"s" * 32)
    locked = EncryptionKey(slot=9, type=EncryptionKeyType.NODE_ID, lock_to_state=True)
    encryption = Encryption(keys=(NODE_ID, STATIC, locked), block_size=512, key_size=256)
    encrypted.begin(device, "STATE", encryption, given, check)
    assert luks2.content(start(device)) is Content.NONE
    encrypted.finish(device, "STATE")
    header = luks2.found(start(device))
    assert luks2.content(start(device)) is Content.WHOLE
    assert header is not None
    assert header.slots == {0: "nodeID", 1: "static", 9: "nodeID"}
    with Volume(device) as volume:
        volume.load()
        for key in encryption.keys:
            volume.check(key.slot, key_of(key, "STATE", given))
    assert b"word" not in start(device)


def test_without_a_tpm_no_key_is_sealed_and_nothing_made(device: Path) -> None:
    key = EncryptionKey(slot=0, type=EncryptionKeyType.TPM, pcrs=(7,))
    with pytest.raises(NotFound, match="no TPM"):
        encrypted.begin(device, "STATE", Encryption(keys=(key,)), Sources(MACHINE, NO_TPM), check)
    assert not any(start(device))


def test_a_machine_without_an_identity_makes_nothing(device: Path) -> None:
    encryption = Encryption(keys=(STATIC, NODE_ID))
    with pytest.raises(InputError, match="not its own"):
        encrypted.begin(device, "STATE", encryption, Sources("0" * 32, NO_TPM))
    assert not any(start(device))


def test_keys_are_made_of_what_they_are_said_to_be_of() -> None:
    given = Sources(MACHINE, NO_TPM, b"s" * 32)
    own = volume_key.of_machine(MACHINE, "EPHEMERAL")
    assert key_of(NODE_ID, "EPHEMERAL", given) == own
    assert key_of(STATIC, "EPHEMERAL", given) == b"word"
    locked = EncryptionKey(slot=0, type=EncryptionKeyType.NODE_ID, lock_to_state=True)
    assert key_of(locked, "EPHEMERAL", given) == volume_key.locked(own, b"s" * 32)
    with pytest.raises(NotFound):
        key_of(locked, "EPHEMERAL", Sources(MACHINE, NO_TPM))


@pytest.mark.parametrize(
    ("machine_mib", "memory_mib"), [(256, 64), (768, 64), (2048, 128), (65536, 256)]
)
def test_words_are_derived_within_what_the_machine_has(machine_mib: int, memory_mib: int) -> None:
    kdf = kdf_of(STATIC, machine_mib << 10)
    assert (kdf.name, kdf.memory) == ("argon2id", memory_mib << 10)
    assert kdf_of(NODE_ID, machine_mib << 10) == CHEAP


def test_a_shape_is_as_was_said_or_as_we_choose() -> None:
    assert shape_of(Encryption()) == Shape("aes-xts-plain64", 64, 4096)
    said = Encryption(cipher="aes-xts-plain64", key_size=256, block_size=512)
    assert shape_of(said) == Shape("aes-xts-plain64", 32, 512)
