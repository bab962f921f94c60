"""A volume whose key a real TPM keeps: swtpm gives it back to what may have it, and no other."""

from pathlib import Path

import pytest
from tests.linux.test_cryptsetup import MACHINE, check, device, settings, start
from tests.protocols.swtpm import started
from tests.protocols.test_tpm2_real import DIFFERENT, OURS, Machine

from ichor.errors import Conflict
from ichor.formats import luks2
from ichor.linux import encrypted
from ichor.linux.encrypted import Sources
from ichor.resources.block.kinds import EncryptionKeyType
from ichor.resources.block.volume_config import Encryption, EncryptionKey

pytestmark = pytest.mark.interop
TPM = EncryptionKey(slot=0, type=EncryptionKeyType.TPM, pcrs=(7,), pub_key_pcrs=(11,))
STATIC = EncryptionKey(slot=1, type=EncryptionKeyType.STATIC, static_passphrase="recovery")
__all__ = ["device"]


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
