"""ESPs from what was built, put on disks, and read from there."""

import os
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.image.fat_tools import fat_tools_step

from ichor.cli.cluster_machines import disk_image
from ichor.formats import boot_entry, gpt
from ichor.formats.boot_entry import BootEntry
from ichor.image import authenticode, disk, tools, uki
from ichor.image.cache import Cache, default_root
from ichor.image.process import run
from ichor.image.progress import Lines
from ichor.image.uki import Signer
from ichor.pki import issue

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def new_signer(name: str) -> Signer:
    pair = issue.make_signer(name, now=NOW, entropy=os.urandom)
    return Signer(pair.certificate, pair.key)


class Press:
    def __init__(self, work: Path) -> None:
        cache = Cache(default_root())
        self.disk = disk_image()
        self._work = work
        fat = fat_tools_step(cache)
        cache.make([fat], Lines())
        self._fat = cache.path(fat)
        self.loader = (cache.path(uki.stub_step()) / disk.LOADER).read_bytes()
        self.image = (cache.path(uki.uki_step(cache)) / uki.FILE).read_bytes()

    def signed_disk(self, signer: Signer) -> Path:
        """Give a disk that enrols a signer's keys, and whose image it signed."""
        image = self._work / "signed.raw"
        shutil.copy(self.disk, image)
        self.put(image, {BootEntry(1): authenticode.sign(self.image, *signer)}, signer)
        return image

    def put(
        self,
        target: Path,
        images: Mapping[BootEntry, bytes],
        signer: Signer | None = None,
        change: Callable[[bytes], bytes] = lambda loader: loader,
    ) -> None:
        """Put an ESP with these entries on a disk, and a loader that is signed if there is one.

        change: of the loader, after it was signed.
        """
        esp = self._work / "esp"
        files = dict(disk.esp_files(self.loader, images, signer))
        files[disk.BOOT] = change(files[disk.BOOT])
        disk.make_esp(files, esp)
        with target.open("r+b") as file:
            file.seek(_offset(target))
            file.write(esp.read_bytes())

    def entries(self, target: Path) -> set[str]:
        """Give the names of the entries on a disk that no machine has now."""
        mtools = tools.in_place(self._fat, "usr/bin/mtools")
        found = f"{target}@@{_offset(target)}"
        said = run([*mtools, "-c", "mdir", "-b", "-i", found, f"::/{boot_entry.DIRECTORY}"])
        return {line.rpartition("/")[2] for line in said.split()}

    def break_esp(self, target: Path) -> None:
        """Have a disk that firmware finds nothing on that it could start."""
        with target.open("r+b") as file:
            file.seek(_offset(target))
            file.write(bytes(1 << 16))

    def entry(self, target: Path, entry: BootEntry) -> bytes:
        """Give what firmware starts by an entry of a disk that no machine has now."""
        mtools = tools.in_place(self._fat, "usr/bin/mtools")
        found, out = f"{target}@@{_offset(target)}", self._work / "entry.efi"
        name = f"::/{boot_entry.DIRECTORY}/{entry.name}"
        run([*mtools, "-c", "mcopy", "-n", "-o", "-i", found, name, out])
        return out.read_bytes()


def _offset(target: Path) -> int:
    with target.open("rb") as file:
        return gpt.parse(file.read(64 * gpt.SECTOR)).partitions[0].first * gpt.SECTOR
