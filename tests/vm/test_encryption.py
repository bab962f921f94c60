"""Volumes that are encrypted: made so, opened by their machine at every start, and by no other one.

Between two starts its firmware comes to enforce Secure Boot: its TPM gives nothing back, another
key opens the volumes, and the TPM is told to keep theirs for what the machine is now.

What lies on the disk is read with the recovery passphrase, away from the machine: by libcryptsetup
of this host, and AES-XTS of another library.
"""

import ctypes
import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tests.config import samples
from tests.vm.press import Press, new_signer
from tests.vm.upgrading import Machine

from ichor.config.encode import encode
from ichor.formats import gpt, luks2, meta
from ichor.formats.boot_entry import BootEntry
from ichor.formats.gpt import SECTOR, Partition
from ichor.formats.luks2 import BOTH
from ichor.image import authenticode, measure, sparse
from ichor.linux import cryptsetup
from ichor.linux.cryptsetup import Volume
from ichor.pki import issue
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import machine as machines
from ichor.resources.block.partition import EPHEMERAL, META, STATE
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
CONTAINERS = "service=containerd state=Running"
RECOVERY = "kept by people"
MOST_MIB = 6000  # of EPHEMERAL, which has less on the disk as it is at first
BLOCK = 4096  # of an encrypted sector, as is chosen where nothing is said
VOLUMES = f"""
apiVersion: v1alpha1
kind: VolumeConfig
name: STATE
encryption:
  provider: luks2
  keys:
    - {{slot: 0, tpm: {{}}}}
    - {{slot: 1, nodeID: {{}}}}
    - {{slot: 2, static: {{passphrase: {RECOVERY}}}}}
---
apiVersion: v1alpha1
kind: VolumeConfig
name: EPHEMERAL
provisioning: {{maxSize: {MOST_MIB}MiB}}
encryption:
  provider: luks2
  keys:
    - {{slot: 0, tpm: {{}}, lockToState: true}}
    - {{slot: 1, nodeID: {{}}, lockToState: true}}
    - {{slot: 2, static: {{passphrase: {RECOVERY}}}}}
"""


def configuration(volumes: str = VOLUMES) -> str:
    """Give one whose documents of volumes are these."""
    documents = encode(samples.control_plane()).split("---\n")
    kept = (text for text in documents if "kind: VolumeConfig" not in text)
    return "---\n".join((*kept, volumes))


def parts(disk: Path) -> dict[str, Partition]:
    with disk.open("rb") as file:
        table = gpt.parse(file.read(64 * SECTOR))
    return {part.label: part for part in table.partitions}


def held(disk: Path, part: Partition, out: Path) -> bytes:
    """Copy a partition into a file of its own; give what is not a hole of it."""
    found = bytearray()
    with disk.open("rb") as file, out.open("wb") as copy:
        copy.truncate(part.sectors * SECTOR)
        first, end = part.first * SECTOR, (part.last + 1) * SECTOR
        for begin, after in sparse.extents(file.fileno()):
            at, until = max(begin, first), min(after, end)
            if at < until:
                data = os.pread(file.fileno(), until - at, at)
                os.pwrite(copy.fileno(), data, at - first)
                found += data
    return bytes(found)


def opened(volume: Path, slot: int, passphrase: str) -> bytes:
    """Decrypt the first 80 MiB of what a volume holds."""
    word = passphrase.encode()
    with Volume(volume) as found:
        found.load()
        found.check(slot, word)
        key = ctypes.create_string_buffer(64)
        size = ctypes.c_size_t(len(key))
        given = slot, key, ctypes.byref(size), word, ctypes.c_size_t(len(word))
        library = cryptsetup._library()
        assert library.crypt_volume_key_get(found._context, *given) >= 0
        library.crypt_get_data_offset.restype = ctypes.c_uint64
        start = library.crypt_get_data_offset(found._context) * SECTOR
    plain = bytearray()
    with volume.open("rb") as file:
        file.seek(start)
        for index in range((80 << 20) // BLOCK):
            tweak = (index * (BLOCK // SECTOR)).to_bytes(16, "little")  # dm-crypt's plain64
            cipher = Cipher(algorithms.AES(key.raw[: size.value]), modes.XTS(tweak)).decryptor()
            plain += cipher.update(file.read(BLOCK))
    return bytes(plain)


def test_encrypted_volumes_are_opened_by_their_machine_alone(tmp_path: Path) -> None:
    secret = samples.secrets().trustd.token.reveal()
    disk, image = tmp_path / "disk.raw", tmp_path / "image.raw"
    press = Press(tmp_path)
    shutil.copy(press.disk, image)
    kernel = measure.with_signed_states(press.image, issue.key_pem(measure.make_key()))
    press.put(image, {BootEntry(1): kernel})
    with trial(image, 768, tpm=True) as made:
        made.answered()
        text = configuration().encode()
        request = pb.ApplyConfigurationRequest(data=text)
        made.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
        print(f"made: {made.until(CONTAINERS):.0f} s")
        assert made.console.count("Linux version") == 1

        made.switch_off()
        small = size_of(made, EPHEMERAL)
        os.truncate(made.directory / machines.DISK, 7 << 30)
        signer = new_signer("ours")  # whose keys firmware is given at the next start
        signed = {BootEntry(1): authenticode.sign(kernel, *signer)}
        press.put(made.directory / machines.DISK, signed, signer)
        made.start()
        made.until("Linux version", times=2)
        print(f"opened: {made.until(CONTAINERS, times=2):.0f} s")
        said = made.console.rpartition("Linux version")[2]
        for label in (STATE, EPHEMERAL):
            assert f"a key does not open a volume volume={label} slot=0 key=tpm" in said
            assert f"volume opened volume={label} slot=1 key=nodeID" in said
        assert size_of(made, EPHEMERAL) == MOST_MIB << 20 > small + (400 << 20)
        assert "a volume has grown" in said
        assert "XFS (vda" not in said
        assert "XFS (dm-" in said

        machine = Machine(made, press, tmp_path)
        sources = machine.until_ok("get", "mounts")
        assert "/dev/mapper/luks2-STATE" in sources
        assert "/dev/mapper/luks2-EPHEMERAL" in sources
        told = machine.until_ok("get", "volumestatus", "EPHEMERAL", "-o", "yaml")
        assert "encryptionProvider: luks2" in told
        assert RECOVERY not in machine.until_ok("get", "metakey", "-o", "yaml")
        before = luks2_of(made, EPHEMERAL)
        told = machine.until_ok("reseal")
        for label in (STATE, EPHEMERAL):
            assert f"{label}, slot 0: sealed to what the machine is now" in told
        assert machine.until_ok("reseal").count("slot 0: was so already") == 2

        wiped = ("--system-labels-to-wipe", EPHEMERAL)
        machine.ichor("reset", "--no-graceful", "--reboot", "--no-wait", *wiped)
        made.until("Linux version", times=3)
        print(f"made anew: {made.until(CONTAINERS, times=3):.0f} s")
        said = made.console.rpartition("Linux version")[2]
        assert f"volume opened volume={STATE} slot=0 key=tpm" in said
        after = luks2_of(made, EPHEMERAL)
        assert after is not None
        assert before is not None
        assert after.uuid != before.uuid

        made.switch_off()
        with disk.open("wb") as file:
            file.truncate((made.directory / machines.DISK).stat().st_size)
            sparse.copy(made.directory / machines.DISK, file.fileno())

    found = parts(disk)
    for label in (STATE, EPHEMERAL):
        raw = held(disk, found[label], tmp_path / label)
        assert b"XFSB" not in raw
        assert secret.encode() not in raw
        plain = opened(tmp_path / label, 2, RECOVERY)
        assert plain.startswith(b"XFSB")
        assert (secret.encode() in plain) is (label == STATE)
    values = meta.parse(held(disk, found[META], tmp_path / META))
    assert b"nodeID" in values[meta.STATE_ENCRYPTION]
    assert RECOVERY.encode() not in values[meta.STATE_ENCRYPTION]

    with trial(disk, 768, disk_mib=7 << 10) as other:
        other.until("no key opens STATE")
        assert "slot 0 (tpm): this machine has no TPM" in other.console
        assert "slot 1 (nodeID): the key does not fit" in other.console
        other.until("Linux version", times=2)
        other.switch_off()
        stranger = other.directory / machines.DISK
        assert start(stranger, found[STATE]) == start(disk, found[STATE])
        assert CONTAINERS not in other.console
        assert "maintenance" not in other.console.lower()


def start(disk: Path, part: Partition) -> bytes:
    with disk.open("rb") as file:
        return os.pread(file.fileno(), BOTH, part.first * SECTOR)


def luks2_of(made: Trial, label: str) -> luks2.Header | None:
    disk = made.directory / machines.DISK
    return luks2.found(start(disk, parts(disk)[label]))


def size_of(made: Trial, label: str) -> int:
    return parts(made.directory / machines.DISK)[label].sectors * SECTOR
