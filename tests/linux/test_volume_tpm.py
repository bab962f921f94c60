"""A volume whose key a real TPM keeps: swtpm gives it back to what may have it, and no other."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.linux.test_cryptsetup import (
    MACHINE,
    between,
    check,
    device,
    settings,
    start,
)
from tests.protocols.swtpm import started
from tests.protocols.test_tpm2_real import DIFFERENT, OURS, Machine

from ichor.errors import Conflict, InputError
from ichor.formats import luks2
from ichor.formats.xfs import Content
from ichor.linux import encrypted
from ichor.linux.cryptsetup import Volume
from ichor.linux.encrypted import Sources
from ichor.ports.reseal import Resealed
from ichor.resources.block.kinds import EncryptionKeyType
from ichor.resources.block.volume_config import Encryption, EncryptionKey

pytestmark = pytest.mark.interop
TPM = EncryptionKey(slot=0, type=EncryptionKeyType.TPM, pcrs=(7,), pub_key_pcrs=(11,))
STATIC = EncryptionKey(slot=1, type=EncryptionKeyType.STATIC, static_passphrase="recovery")
OTHER = EncryptionKey(slot=1, type=EncryptionKeyType.NODE_ID)
__all__ = ["device"]


@pytest.fixture
def machine(tmp_path: Path, device: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Give one whose volume was made before its firmware became another, and which is at work."""
    with started(tmp_path / "tpm") as chip:
        made = Machine(chip)
        boot = made.pcr(11)
        made.states = OURS.states(boot)
        given = Sources(MACHINE, made.tpm)
        monkeypatch.setattr(encrypted, "sources", lambda salt: given)
        encrypted.begin(device, "STATE", Encryption(keys=(TPM, OTHER)), given, check)
        encrypted.finish(device, "STATE")
        assert resealed(device) == [Resealed(volume="STATE", slot=0)]
        made.measure(7, b"another firmware")
        made.measure(11, b"ichor:run")  # from then on nobody has it unsealed
        yield made


def resealed(device: Path) -> list[Resealed]:
    return list(encrypted.reseal(device, "STATE", settings(TPM, OTHER)))


def opens_by_tpm(device: Path, machine: Machine) -> bool:
    """Tell whether it would open at another start, whose state of PCR 11 is signed, too."""
    machine.states = OURS.states(machine.pcr(11))
    try:
        encrypted.unlock(device, "STATE", settings(TPM), check)
    except Conflict:
        return False
    return True


def test_after_another_firmware_the_tpm_keeps_the_key_again(device: Path, machine: Machine) -> None:
    before = start(device)
    assert resealed(device) == [Resealed(volume="STATE", slot=0, anew=True)]
    header = luks2.found(start(device))
    assert header is not None
    assert header.slots == {0: "tpm", 1: "nodeID"}
    assert header.tokens == {0: (0,), 1: (1,)}
    assert opens_by_tpm(device, machine)
    after = start(device)
    assert before != after
    assert resealed(device) == [Resealed(volume="STATE", slot=0)]
    assert start(device) == after


def test_what_the_tpm_itself_was_changed_for_is_sealed_by_the_new_one(
    device: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(tmp_path / "another") as chip:
        other = Machine(chip)
        other.states = OURS.states(other.pcr(11))
        given = Sources(MACHINE, other.tpm)
        monkeypatch.setattr(encrypted, "sources", lambda salt: given)
        assert resealed(device) == [Resealed(volume="STATE", slot=0, anew=True)]
        assert opens_by_tpm(device, other)


def test_without_another_key_nothing_is_touched(device: Path, machine: Machine) -> None:
    before = start(device)
    stranger = EncryptionKey(slot=1, type=EncryptionKeyType.STATIC, static_passphrase="x")
    for keys in ((TPM,), (TPM, stranger)):
        with pytest.raises(Conflict, match="no key opens STATE"):
            list(encrypted.reseal(device, "STATE", settings(*keys)))
    assert start(device) == before
    machine.states = None  # of an image that nobody signed states for
    with pytest.raises(InputError, match="no signed states"):
        resealed(device)
    assert start(device) == before


def test_cut_off_at_any_sector_the_other_key_opens_it_and_it_is_sealed_again(
    device: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [device.read_bytes()]
    plain = Volume._do

    def watched(volume: Volume, call: str, *arguments: object) -> None:
        plain(volume, call, *arguments)
        if device.read_bytes() != states[-1]:
            states.append(device.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr(Volume, "_do", watched)
        resealed(device)
    assert len(states) == 4  # a slot gone, a slot made, a token set
    for before, after in pairwise(states):
        for image in between(before[: luks2.BOTH], after[: luks2.BOTH]):
            assert luks2.content(image) is Content.WHOLE
            for slots in (before, after):  # which are beyond the headers
                device.write_bytes(image + slots[luks2.BOTH :])
                encrypted.unlock(device, "STATE", settings(OTHER), check)
        device.write_bytes(after)
        resealed(device)
        assert opens_by_tpm(device, machine)


def test_the_tpm_opens_it_until_it_runs_something_else(
    device: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(tmp_path / "tpm") as chip:
        machine = Machine(chip)
        machine.states = OURS.states(machine.pcr(11))
        given = Sources(MACHINE, machine.tpm)
        monkeypatch.setattr(encrypted, "sources", lambda salt: given)
        encrypted.begin(device, "STATE", Encryption(keys=(TPM, STATIC)), given, check)
        encrypted.finish(device, "STATE")
        header = luks2.found(start(device))
        assert header is not None
        assert header.slots == {0: "tpm", 1: "static"}
        assert set(header.sealed) == {0}
        encrypted.unlock(device, "STATE", settings(TPM), check)

        machine.measure(11, b"another phase")
        with pytest.raises(Conflict, match=r"slot 0 \(tpm\): "):
            encrypted.unlock(device, "STATE", settings(TPM), check)
        encrypted.unlock(device, "STATE", settings(TPM, STATIC), check)
        machine.states = OURS.states(DIFFERENT, machine.pcr(11))  # of an image that is newer
        encrypted.unlock(device, "STATE", settings(TPM), check)
        machine.measure(7, b"another firmware")
        with pytest.raises(Conflict, match=r"slot 0 \(tpm\): the TPM refuses"):
            encrypted.unlock(device, "STATE", settings(TPM), check)
