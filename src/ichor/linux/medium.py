"""What a boot medium carries, and how it gets to a disk.

    checked ─► both ends of the disk cleared ─► ESP, root, META ─► read back ─► table, its end first

A disk without a table starts nothing, and counts as blank; with one it has all it needs. So an
installation that is cut off is begun anew, or is there. Nothing of the disk is used before.
"""

import asyncio
import fcntl
import os
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NoReturn

from ichor.config.versions import INSTALLER
from ichor.errors import Conflict, InputError, NotFound
from ichor.formats import boot_entry, gpt, installer, vfat
from ichor.formats.boot_entry import BootEntry
from ichor.linux import disks, system_disk
from ichor.linux import generation as generations
from ichor.linux.install import Image, copy_root, root_of
from ichor.linux.wakes import ThreadWakes
from ichor.log import fields, logger
from ichor.ports.installation import InstallTo, Machine, Target
from ichor.resources.block import layout
from ichor.resources.block.partition import EFI, MIB, ROOT_SIZE
from ichor.units import format_size

log = logger(__name__)
PLACE: Final = Path("/", installer.MEDIUM)
ROOT: Final = Path("/dev/loop0")  # components/medium-init
_BLKRRPART: Final = 0x125F  # include/uapi/linux/fs.h
_NOT_INSTALLED: Final = "this machine is not installed: it started from a boot medium"


class Medium:
    """The adapter of ports.installation, and the installer of the API."""

    def __init__(
        self,
        place: Path = PLACE,
        root: Path = ROOT,
        targets: Callable[[], Sequence[Target]] = disks.targets,
        devices: Path = Path("/dev"),
        least: Callable[[], int] = generations.least,
    ) -> None:
        self._place, self._root = place, root
        self._targets, self._devices, self._least = targets, devices, least
        self._installed = ""
        self._busy = threading.Lock()
        self._changed = ThreadWakes()

    @property
    def installed(self) -> str:
        """Give the disk that was installed to in this boot; empty if none."""
        return self._installed

    def observe(self) -> Machine:
        return Machine(
            targets=tuple(self._targets()),
            installed=self._installed,
            busy=self._busy.locked(),
            image=INSTALLER,
        )

    async def apply(self, action: InstallTo) -> None:
        await asyncio.to_thread(self._install, action)

    def _install(self, action: InstallTo) -> None:
        for line in self.install(action.name, wipe=action.wipe):
            log.info("install", extra=fields(disk=action.name, step=line))

    def wakes(self) -> AsyncIterator[None]:
        return self._changed.listen()

    def install(self, disk: str, *, wipe: bool = False) -> Generator[str, None, None]:
        with self._alone():
            target = next((one for one in self._targets() if one.name == disk), None)
            if target is None:
                raise NotFound(f"there is no disk {disk}")
            target.check(wipe=wipe)
            kernel = (self._place / installer.KERNEL).read_bytes()
            with self._root.open("rb", buffering=0) as root:
                made, age = root_of(kernel, installer.KERNEL)
                size = root.seek(0, os.SEEK_END)
                root.seek(0)
                generations.check(age, self._least())
                if size > ROOT_SIZE:
                    raise InputError(f"a root of {format_size(size)}: no slot has room")
                image = Image(kernel, made, root, size, age)
                files = esp_files(self._place / installer.ESP, image.kernel)
                yield from write(self._devices / disk, target, image, files)
            self._installed = disk
            yield f"{INSTALLER} is installed to {disk}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Raises Conflict where another is at it, or was."""
        if self._installed:
            raise Conflict(f"this machine is installed to {self._installed}, and is to be rebooted")
        if not self._busy.acquire(blocking=False):
            raise Conflict("another image is being written")
        self._changed.ring()
        try:
            yield
        finally:
            self._busy.release()
            self._changed.ring()

    def upgrade(self, layers: Sequence[str]) -> NoReturn:
        raise Conflict(_NOT_INSTALLED)

    def stage(self, name: str, layers: Sequence[str]) -> NoReturn:
        raise Conflict(_NOT_INSTALLED)

    def roll_back(self) -> NoReturn:
        raise Conflict(_NOT_INSTALLED)


def esp_files(folder: Path, kernel: bytes) -> Mapping[str, bytes]:
    """Give what the ESP of a new disk holds: what the medium has for it, and one boot entry."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {**found, f"{boot_entry.DIRECTORY}/{BootEntry(1).name}": kernel}


def write(device: Path, target: Target, image: Image, files: Mapping[str, bytes]) -> Iterator[str]:
    """Write a disk, whatever it holds. Raises OSError, InputError."""
    table = layout.plan(image.verity.root, target.size // target.sector)
    esp, slot, _, meta = table.partitions
    # A disk of which something is mounted cannot be had for oneself (open(2), block devices).
    with os.fdopen(os.open(device, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC), "r+b", 0) as file:
        for at in (0, target.size - MIB):
            put(file, at, bytes(MIB))
        os.fsync(file.fileno())
        yield "the disk is cleared"
        for piece in vfat.build(files, esp.sectors * gpt.SECTOR, EFI):
            put(file, esp.first * gpt.SECTOR + piece.offset, piece.data)
        put(file, meta.first * gpt.SECTOR, bytes(meta.sectors * gpt.SECTOR))
        yield "the loader and its entry are written"
        file.seek(slot.first * gpt.SECTOR)
        yield from copy_root(file, image)
    system_disk.write(device, table)
    read_again(device)
    yield "the disk has its table"


def put(file: IO[bytes], at: int, data: bytes) -> None:
    file.seek(at)
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def read_again(device: Path) -> None:
    """Have the kernel know the partitions. Raises OSError (EBUSY: one is in use)."""
    with device.open("rb") as file:
        if device.is_block_device():
            fcntl.ioctl(file, _BLKRRPART)
