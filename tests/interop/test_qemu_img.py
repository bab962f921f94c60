"""QEMU's qemu-img reads the disks that we write for platforms: the same bytes, nothing amiss."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.image.test_cloud import small_disk

from ichor.image import cloud
from ichor.image.platform import QCOW2, VHD

pytestmark = pytest.mark.interop
# By QEMU's names: a fixed VHD has nothing at its start by which it would be known.
FORMATS = {QCOW2: "qcow2", VHD: "vpc"}
MIB = 1201  # three tables of level 2


def told(*words: str | Path) -> str:
    program = shutil.which("qemu-img")
    assert program is not None, "qemu-img is missing: tools/setup.sh vm"
    return subprocess.run([program, *words], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("container", FORMATS)
def test_qemu_reads_the_disk_that_was_written(tmp_path: Path, container: str) -> None:
    raw, packed = small_disk(tmp_path, MIB), tmp_path / "packed"
    cloud.WRITERS[container](raw, packed)
    kind = FORMATS[container]
    found = json.loads(told("info", "--output=json", "-f", kind, packed))
    assert (found["format"], found["virtual-size"]) == (kind, MIB << 20)
    told("compare", "-f", "raw", "-F", kind, raw, packed)
    if container == QCOW2:
        assert json.loads(told("check", "--output=json", "-f", kind, packed))["check-errors"] == 0
        assert packed.stat().st_size < 2 << 20
