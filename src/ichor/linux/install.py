"""An image goes to the slot nobody runs from, and to the ESP as the entry that is started next.

    every blob hashed ─► signature, sizes ─► other entries removed ─► slot without a name
        ─► root written, read back ─► slot named ─► image written beside the entries
        ─► META key 6: on probation, and nothing is staged ─► renamed to be the first of them

So the entry that runs, and its root, are as they were until the last step, and after it the loader
falls back to them. What was cut off is begun anew by the next.
"""

import hashlib
import os
import re
import threading
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple, NoReturn

from ichor.errors import Conflict, FormatError, InputError
from ichor.formats import generation, installer, kernel_line, pe, staged, verity
from ichor.formats.boot_entry import BootEntry
from ichor.formats.generation import Generation
from ichor.formats.gpt import ROOT_X86_64, Partition, Table
from ichor.formats.meta import FORMER
from ichor.formats.staged import Staged
from ichor.formats.verity import BLOCK, Verity
from ichor.linux import generation as generations
from ichor.linux import system_disk
from ichor.linux.boot_entry import EspEntries, directory, names, number_of, opened, rename
from ichor.ports.boot_entry import Boot
from ichor.ports.meta import MetaStore
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EMPTY_ROOT, root_label
from ichor.units import format_size

if TYPE_CHECKING:
    import tarfile

BLOBS: Final = Path("/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256")
COMMAND_LINE: Final = Path("/proc/cmdline")
_DIGEST: Final = re.compile("sha256:[0-9a-f]{64}")
_CHUNK: Final = 4 << 20
_PATIENCE_S: Final = 30.0
_METAL: Final = "metal"  # what a line without a platform means
_LARGEST_IMAGE: Final = 64 << 20  # it is held in memory
_OURS: Final = "ichor-"
_NEW: Final = "ichor-new"


class Blob(NamedTuple):
    path: Path
    digest: str


class Image(NamedTuple):
    """What an installer image holds.

    kernel: the image that firmware starts. root: a stream of so many bytes.
    """

    kernel: bytes
    verity: Verity
    root: IO[bytes]
    size: int
    generation: Generation


class Aim(NamedTuple):
    """What an image was checked for. slot: None where its root is the one that runs.

    number: of its entry.
    """

    image: Image
    running: BootEntry
    disk: SystemDisk
    slot: Partition | None
    number: int


class DiskInstaller:
    """vouch: says who vouches for an image that firmware is to start, or raises InputError."""

    def __init__(
        self,
        entries: EspEntries,
        meta: MetaStore,
        vouch: Callable[[bytes], str],
        blobs: Path = BLOBS,
    ) -> None:
        self._entries = entries
        self._vouch = vouch
        self._meta = meta
        self._busy = threading.Lock()
        self._blobs = blobs

    def upgrade(self, layers: Sequence[str]) -> Generator[str, None, None]:
        with self._alone():
            yield from self._upgrade(layers)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """For as long as something is written, whoever still listens. Raises Conflict."""
        if not self._busy.acquire(blocking=False):
            raise Conflict("another image is being written")
        try:
            yield
        finally:
            self._entries.forget()
            self._busy.release()

    def _upgrade(self, layers: Sequence[str]) -> Generator[str, None, None]:
        with ExitStack() as stack:
            image, running, disk, slot, number = yield from self._aim(layers, stack)
            with opened(write=True, patience_s=_PATIENCE_S) as root:
                remove_others(root, running.number)
            self._entries.forget()  # nobody is to count on what was removed
            if slot is None:
                yield "the root is the one that runs"
            else:
                yield from write_root(disk, slot, image)
            yield f"writing boot entry {number}"
            former = running.id.encode()
            try_it = partial(self._meta.change, lambda now: {**staged.without(now), FORMER: former})
            with opened(write=True, patience_s=_PATIENCE_S) as root:
                add(root, BootEntry(number), image.kernel, try_it)
            yield f"boot entry {number} is started next"

    def _aim(self, layers: Sequence[str], stack: ExitStack) -> Generator[str, None, Aim]:
        """Check all that an upgrade needs, and write nothing."""
        boot, disk = self._entries.observe(), system_disk.observe()
        running = own(boot)
        if disk is None:
            raise Conflict("this machine did not start from a disk")
        blobs = [blob_of(self._blobs, digest) for digest in layers]
        for blob in blobs:
            yield f"checking {blob.digest}"
            check(blob)
        image = opened_image(blobs, stack)
        check_platform(image.kernel, COMMAND_LINE.read_text(encoding="ascii"))
        generations.check(image.generation, generations.least())
        if who := self._vouch(image.kernel):
            yield f"signed by {who}"
        now = verity.parse(COMMAND_LINE.read_text(encoding="ascii"))
        slot = None if image.verity == now else slot_for(disk, now, image)
        with opened(write=False, patience_s=_PATIENCE_S) as root:
            check_room(root, running.number, len(image.kernel))
        number = 1 + max(entry.number for entry in boot.entries)
        return Aim(image, running, disk, slot, number)

    def stage(self, name: str, layers: Sequence[str]) -> Generator[str, None, None]:
        with self._alone(), ExitStack() as stack:
            yield from self._aim(layers, stack)
            wanted = Staged(image=name, layers=tuple(layers))
            self._meta.change(lambda values: staged.noted(values, wanted))
            yield f"{name} is written by the next start"

    def install(self, disk: str, *, wipe: bool = False) -> NoReturn:
        raise Conflict("this machine is installed: it started from its disk")

    def roll_back(self) -> str:
        with self._alone():
            return self._roll_back()

    def _roll_back(self) -> str:
        boot = self._entries.observe()
        running = own(boot)
        others = boot.entries - {running}
        if not others:
            raise Conflict("there is no other image to start")
        other = max(others, key=lambda one: one.number)
        first = BootEntry(1 + max(entry.number for entry in boot.entries))
        with opened(write=True) as root, directory(root) as folder:
            line = pe.content(read_file(folder, other.name), ".cmdline").decode("ascii", "replace")
            generations.check(generation.parse(line), generations.least())
            if staged.image(self._meta.observe()):
                self._meta.change(staged.without)  # what was said last counts
            if running.left == 0:  # it is what is left where the other does not come up
                rename(folder, running.name, running.armed.name)
            rename(folder, other.name, first.name)
        return first.name


def blob_of(folder: Path, digest: str) -> Blob:
    """Find a layer in the runtime's store. Raises InputError for what is no digest."""
    if not _DIGEST.fullmatch(digest):
        raise InputError(f"a layer's digest as sha256:..., not {digest!r}")
    return Blob(folder / digest.removeprefix("sha256:"), digest)


def own(boot: Boot) -> BootEntry:
    """Give the entry that runs. Raises Conflict."""
    if boot.running is None:
        raise Conflict("no loader of ours started this machine: it has no boot entries")
    return boot.running


def check(blob: Blob) -> None:
    """Raises InputError where a blob is not what its digest says."""
    with blob.path.open("rb") as file:
        if f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}" != blob.digest:
            raise InputError(f"the content of {blob.digest} is another's", hint="pull it again")


def check_platform(kernel: bytes, running: str) -> None:
    """Raises InputError where an image is for another platform than the line that runs."""
    line = pe.content(kernel, ".cmdline").decode("ascii", "replace")
    own, other = (
        [_METAL, *kernel_line.values(each, "talos.platform")][-1] for each in (running, line)
    )
    if own != other:
        raise InputError(
            f"an image for {other!r}: this machine runs one for {own!r}",
            hint=f"take the one for this platform, as of ichor build installer/{own}",
        )


def opened_image(blobs: Sequence[Blob], stack: ExitStack) -> Image:
    """Find what an image holds in its layers. Raises InputError."""
    import tarfile  # half a megabyte that a machine needs at an upgrade only

    found: dict[str, tuple[tarfile.TarFile, tarfile.TarInfo]] = {}
    wanted = {installer.path(name): name for name in (installer.KERNEL, installer.ROOT)}
    for blob in blobs:
        with _readable(f"layer {blob.digest}"):
            layer = stack.enter_context(tarfile.open(blob.path))  # noqa: SIM115 - entered
            for member in layer:
                name = wanted.get(member.name.removeprefix("./"))
                if name is not None and member.isreg():
                    found[name] = (layer, member)
    missing = [path for path, name in wanted.items() if name not in found]
    if missing:
        hint = "name an installer image for this architecture"
        raise InputError(f"the image has no {missing[0]}", hint=hint)
    layer, member = found[installer.KERNEL]
    if member.size > _LARGEST_IMAGE:
        raise InputError(f"{member.name} has {format_size(member.size)}")
    with _readable(member.name):
        kernel = _stream(layer, member).read()
    made, age = root_of(kernel, member.name)
    layer, member = found[installer.ROOT]
    return Image(kernel, made, _stream(layer, member), member.size, age)


@contextmanager
def _readable(what: str) -> Iterator[None]:
    """Raises InputError where a layer is cut off, or its compression or its tar is broken."""
    import tarfile  # as above

    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise InputError(f"{what} cannot be read: {error}") from None


def root_of(kernel: bytes, name: str) -> tuple[Verity, Generation]:
    """Give the root that an image starts, and its age. Raises InputError if it is none of ours."""
    try:
        line = pe.content(kernel, ".cmdline").decode("ascii", "replace")
        return verity.parse(line), generation.parse(line)
    except FormatError as error:
        raise InputError(f"{name} is no image of ours: {error}") from None


def _stream(layer: "tarfile.TarFile", member: "tarfile.TarInfo") -> IO[bytes]:
    stream = layer.extractfile(member)
    if stream is None:  # never of a regular file
        raise InputError(f"{member.name} is no file")
    return stream


def slot_for(disk: SystemDisk, now: Verity, image: Image) -> Partition:
    """Give the slot that is not in use. Raises Conflict; InputError where the root has no room."""
    slot = free_slot(disk, root_label(now.root))
    room = slot.sectors * disk.table.sector
    if image.size > room:
        found, most = format_size(image.size), format_size(room)
        raise InputError(f"a root of {found}: slot {slot.number} has room for {most}")
    return slot


def check_room(root: int | None, running: int, size: int) -> None:
    """Raises Conflict where the ESP has no room for an image, once other entries are gone."""
    with directory(root) as folder:
        others = (name for name in names(folder) if is_other(name, running))
        freed = sum(os.stat(name, dir_fd=folder).st_size for name in others)
        found = os.fstatvfs(folder)
    room = found.f_bavail * found.f_frsize + freed
    if size > room:
        raise Conflict(f"an image of {format_size(size)}: the ESP has room for {format_size(room)}")


def write_root(disk: SystemDisk, slot: Partition, image: Image) -> Iterator[str]:
    """Write the slot that is not in use. Raises InputError where the root is not the image's."""
    device = Path("/dev", disk.name)
    cleared = named(disk.table, slot, EMPTY_ROOT)
    system_disk.write(device, cleared)
    with Path(disk.path(slot)).open("r+b", buffering=0) as target:
        yield from copy_root(target, image)
    system_disk.write(device, named(cleared, slot, root_label(image.verity.root)))


def copy_root(target: IO[bytes], image: Image) -> Iterator[str]:
    """Write the root from where the target stands, and read it back. Raises InputError."""
    begin, done = target.tell(), 0
    while True:
        with _readable("the root"):
            chunk = image.root.read(_CHUNK)
        if not chunk:
            break
        write_whole(target.fileno(), chunk)
        done += len(chunk)
        yield f"root: {format_size(done)} written"
    os.fsync(target.fileno())
    os.posix_fadvise(target.fileno(), begin, done, os.POSIX_FADV_DONTNEED)
    target.seek(begin)
    if not is_whole(target, image.verity):
        raise InputError("the root is not the one that its image names")
    yield "root: verified"


def write_whole(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def free_slot(disk: SystemDisk, running: str) -> Partition:
    """Give the slot for another root. running: the label of the one in use. Raises Conflict."""
    slots = [part for part in disk.table.partitions if part.type == ROOT_X86_64]
    free = [part for part in slots if part.label != running]
    if len(free) == len(slots):
        raise Conflict(f"disk {disk.name} has no partition {running}, which runs")
    if not free:
        raise Conflict(f"disk {disk.name} has no second slot for a root")
    return free[0]


def named(table: Table, slot: Partition, label: str) -> Table:
    others = tuple(part for part in table.partitions if part.number != slot.number)
    return table._replace(partitions=tuple(sorted((*others, slot._replace(label=label)))))


def is_whole(target: IO[bytes], wanted: Verity) -> bool:
    """Tell whether a device holds, from where it stands, the blocks and the tree of that root."""
    level, left = bytearray(), wanted.blocks * BLOCK
    while left:
        chunk = target.read(min(_CHUNK, left))
        if not chunk or len(chunk) % BLOCK:
            return False
        level += verity.digests(chunk, wanted.salt)
        left -= len(chunk)
    made, tail = verity.over(bytes(level), wanted.salt)
    return made == wanted and target.read(len(tail)) == tail


def is_other(name: str, running: int) -> bool:
    """Tell whether a file was made by us, whole or not, and is not the entry of that number."""
    return name.lower().startswith(_OURS) and number_of(name) != running


def remove_others(root: int | None, running: int) -> None:
    """Remove what is not the running one of all that was made by us, whole or not.

    running: its number; its tries may have changed. They are all given back: it is what is left.
    """
    with directory(root) as folder:
        for name in names(folder):
            if is_other(name, running):
                os.unlink(name, dir_fd=folder)
        os.fsync(folder)
        for name in names(folder):
            if number_of(name) == running and name.lower() != BootEntry(running).name:
                rename(folder, name, BootEntry(running).name)


def read_file(folder: int, name: str) -> bytes:
    fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    with open(fd, "rb") as file:  # noqa: PTH123 - by its descriptor
        return file.read(_LARGEST_IMAGE)


def add(root: int | None, entry: BootEntry, image: bytes, before: Callable[[], object]) -> None:
    """Write an entry. before: done once the image is there, and before it is one."""
    with directory(root) as folder:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        fd = os.open(_NEW, flags, 0o600, dir_fd=folder)
        try:
            write_whole(fd, image)
            os.fsync(fd)
        finally:
            os.close(fd)
        before()
        rename(folder, _NEW, entry.name)
