"""What is written to a disk is what its image names, and nothing is written for any other."""

import gzip
import hashlib
import io
import tarfile
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import pytest

from ichor.errors import Conflict, InputError
from ichor.formats import installer, pe, verity
from ichor.formats.gpt import LINUX_DATA, ROOT_X86_64, Partition, Table
from ichor.formats.verity import BLOCK
from ichor.linux import install
from ichor.linux.install import (
    Blob,
    check,
    check_platform,
    free_slot,
    is_whole,
    named,
    opened_image,
)
from ichor.ports.system_disk import SystemDisk

DATA = hashlib.sha256(b"root").digest() * (3 * BLOCK // 32)
MADE, TAIL = verity.protect(DATA, b"salt")


def uki(line: str) -> bytes:
    """A PE file without any section, and the command line as its first."""
    head = bytearray(1024)
    head[:2], head[60:64] = b"MZ", (64).to_bytes(4, "little")
    head[64:68], head[84:86] = b"PE\0\0", (240).to_bytes(2, "little")
    head[88:90] = (0x20B).to_bytes(2, "little")
    head[120:128] = (4096).to_bytes(4, "little") + (512).to_bytes(4, "little")
    head[148:152] = (1024).to_bytes(4, "little")
    return pe.append(bytes(head), [(".cmdline", line.encode())])


KERNEL = uki(f"quiet {verity.table(MADE, 'PARTLABEL=x')} root=/dev/dm-0")


def layer(path: Path, files: dict[str, bytes]) -> Blob:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return Blob(path, f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}")


def test_an_image_is_found_in_its_layers_the_last_of_which_counts(tmp_path: Path) -> None:
    kernel, root = installer.path(installer.KERNEL), installer.path(installer.ROOT)
    blobs = [
        layer(tmp_path / "a", {kernel: b"old", root: DATA + TAIL, "etc/passwd": b""}),
        layer(tmp_path / "b", {f"./{kernel}": KERNEL}),
    ]
    with ExitStack() as stack:
        found = opened_image(blobs, stack)
        assert (found.kernel, found.verity, found.root.read()) == (KERNEL, MADE, DATA + TAIL)


@pytest.mark.parametrize("line", ["talos.platform=aws", "talos.platform=metal talos.platform=aws"])
def test_an_image_for_another_platform_is_refused(line: str) -> None:
    check_platform(uki("quiet talos.platform=aws"), line)
    with pytest.raises(InputError, match=r"for 'metal'.*for 'aws'.*installer/aws"):
        check_platform(uki("talos.platform=metal"), line)
    with pytest.raises(InputError, match=r"for 'metal'.*for 'aws'"):
        check_platform(uki("quiet"), line)
    check_platform(uki("quiet"), "talos.platform=metal")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, r"has no usr/install/\w+/ichor.efi"),
        ({installer.KERNEL: KERNEL}, r"has no usr/install/\w+/root.img"),
        ({installer.KERNEL: b"x", installer.ROOT: b""}, "no image of ours: offset 0: expected MZ"),
        ({installer.KERNEL: uki("x"), installer.ROOT: b""}, "expected a verified root"),
    ],
)
def test_another_image_is_refused(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    blob = layer(tmp_path / "a", {installer.path(name): body for name, body in files.items()})
    with ExitStack() as stack, pytest.raises(InputError, match=said):
        opened_image([blob], stack)


def test_a_layer_that_is_no_tar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"not a tar at all" * 99)
    with ExitStack() as stack, pytest.raises(InputError, match="cannot be read"):
        opened_image([Blob(tmp_path / "a", "sha256:x")], stack)


def test_a_layer_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    whole = layer(tmp_path / "a", {"x": bytes(range(256)) * 999})
    packed = gzip.compress(whole.path.read_bytes())
    whole.path.write_bytes(packed[: len(packed) // 2])
    with ExitStack() as stack, pytest.raises(InputError, match="cannot be read"):
        opened_image([whole], stack)


def test_a_blob_is_what_its_digest_says_or_refused(tmp_path: Path) -> None:
    blob = layer(tmp_path / "a", {"x": b""})
    check(blob)
    blob.path.write_bytes(blob.path.read_bytes()[:-1] + b"!")
    with pytest.raises(InputError, match="is another's"):
        check(blob)


@pytest.mark.parametrize("at", [None, 0, BLOCK, len(DATA) - 1, len(DATA), len(DATA + TAIL) - 1])
def test_a_root_is_whole_to_the_last_byte_of_its_tree(at: int | None) -> None:
    written = bytearray(DATA + TAIL + b"\xff" * BLOCK)
    if at is not None:
        written[at] ^= 1
    assert is_whole(io.BytesIO(bytes(written)), MADE) is (at is None)


def test_a_root_that_ends_early_is_not_whole() -> None:
    assert not is_whole(io.BytesIO(DATA[:-1]), MADE)
    assert not is_whole(io.BytesIO(DATA), MADE)


def disk(*labels: str) -> SystemDisk:
    rows = [
        Partition(number, ROOT_X86_64, UUID(int=number), number * 2048, number * 2048 + 9, label)
        for number, label in enumerate(labels, 1)
    ]
    meta = Partition(9, LINUX_DATA, UUID(int=9), 99999, 100000, "META")
    return SystemDisk(name="nvme0n1", table=Table(UUID(int=1), 200000, (*rows, meta)))


def test_the_slot_that_is_free_is_the_one_nobody_runs_from() -> None:
    both = disk("ichor-a", "ichor-b")
    assert free_slot(both, "ichor-a").number == 2
    assert free_slot(both, "ichor-b").number == 1
    assert both.path(free_slot(both, "ichor-b")) == "/dev/nvme0n1p1"
    slot = free_slot(both, "ichor-a")
    labels = [part.label for part in named(both.table, slot, "_empty").partitions]
    assert labels == ["ichor-a", "_empty", "META"]


@pytest.mark.parametrize(("labels", "said"), [((), "has no partition"), (("ichor-a",), "second")])
def test_a_disk_without_two_slots_is_refused(labels: tuple[str, ...], said: str) -> None:
    with pytest.raises(Conflict, match=said):
        free_slot(disk(*labels), "ichor-a")


def test_a_digest_that_leads_elsewhere_is_refused() -> None:
    for digest in ("sha256:../../x", "md5:" + "0" * 64, "sha256:" + "0" * 63 + "/"):
        with pytest.raises(InputError, match="digest"):
            install.blob_of(Path("/nowhere"), digest)
    assert install.blob_of(Path("/there"), "sha256:" + "0" * 64).path == Path("/there", "0" * 64)
