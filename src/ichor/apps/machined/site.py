"""Where this node runs: in a container of a host, or on a machine of its own. Decided once.

The launcher of a container tells its init so (container-interface convention: `container` in the
environment); the kernel of a machine tells nothing.
"""

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple
from uuid import uuid4

from ichor.apps.machined import boot, layers
from ichor.errors import Conflict
from ichor.formats import installer
from ichor.linux import system_disk
from ichor.linux.mount import KernelMounts
from ichor.log import fields, logger
from ichor.ports.file import Files, MakeDirectory
from ichor.ports.mount import Attach, Mounts
from ichor.ports.system_disk import SystemDisk
from ichor.resources.block.partition import EPHEMERAL, IMAGE_CACHE, STATE

log = logger(__name__)
_STRICT: Final = ("nosuid", "nodev", "noexec")
_PATH: Final = "/usr/bin:/usr/sbin:/bin:/sbin"


@dataclass(frozen=True, slots=True)
class Site:
    """medium: the root came from a boot medium, and no disk of this machine is ours yet."""

    platform: str
    mode: Literal["metal", "container"]
    medium: bool = False

    @property
    def is_container(self) -> bool:
        return self.mode == "container"

    def boot_id(self) -> str:
        """Give the id of this boot; a container shows one of its own for the host's."""
        if not self.is_container:
            return Path(boot.KERNEL).read_text(encoding="ascii").strip()
        made = str(uuid4())
        boot.show(made, KernelMounts())
        return made

    def disk(self) -> SystemDisk | None:
        """Give the disk that the root came from; a container has none of its own.

        Raises OSError, FormatError: a node whose disk cannot be read must not pass for a new one.
        """
        return None if self.is_container else system_disk.observe()


CONTAINER: Final = Site("container", "container")
METAL: Final = Site("metal", "metal")
MEDIUM: Final = Site("metal", "metal", medium=True)


def here() -> Site:
    if os.environ.get("container"):  # noqa: SIM112 - its name
        return CONTAINER
    carried = Path("/", installer.MEDIUM, installer.KERNEL)
    return MEDIUM if carried.exists() else METAL


def _tmpfs(target: str, options: tuple[str, ...], mode: str, size: str = "50%") -> Attach:
    data = f"mode={mode},size={size}"
    return Attach(target=target, fstype="tmpfs", source="tmpfs", options=options, data=data)


def _kernel(target: str, fstype: str, data: str = "") -> Attach:
    return Attach(target=target, fstype=fstype, source=fstype, options=_STRICT, data=data)


# What the launcher does for a container, PID 1 of a machine does itself, in this order. What the
# kernel lacks (no EFI, no huge pages) has no mount point and is left out.
OF_KERNEL: Final = (
    _kernel("/proc", "proc"),
    _kernel("/sys", "sysfs"),
    Attach(target="/dev", fstype="devtmpfs", source="devtmpfs", options=("nosuid", "noexec")),
    Attach(
        target="/dev/pts",
        fstype="devpts",
        source="devpts",
        options=("nosuid", "noexec"),
        data="mode=0620,ptmxmode=0666",
    ),
    _tmpfs("/dev/shm", _STRICT, "1777"),  # noqa: S108 - the mount itself
    _kernel("/dev/mqueue", "mqueue"),
    _kernel("/dev/hugepages", "hugetlbfs"),
    _kernel("/sys/fs/cgroup", "cgroup2", "nsdelegate,memory_recursiveprot"),
    _kernel("/sys/kernel/security", "securityfs"),
    _kernel("/sys/firmware/efi/efivars", "efivarfs"),
    _kernel("/sys/fs/bpf", "bpf", "mode=0700"),
    _kernel("/sys/fs/pstore", "pstore"),
    _tmpfs("/run", _STRICT, "0755"),
)
# An image's file systems are executed from below /var.
_VAR: Final = ("nosuid", "nodev")


class Volumes(NamedTuple):
    """What is mounted before the layers, and what when they are there."""

    first: tuple[Attach, ...]
    handed: tuple[Attach, ...]

    @property
    def are_kept(self) -> bool:
        """Say whether all of them outlive the boot: until they are made, some are in memory."""
        return bool(self.handed) and all(each.fstype != "tmpfs" for each in self.first)


def volumes(disk: SystemDisk | None, usable: frozenset[str] | None = None) -> Volumes:
    """Give a machine's: of its disk what is whole there, else in memory, where nothing lasts.

    usable: those of the whole that can be mounted, by default all.

    Raises Conflict where one holds something else: that node is no new one, and asks nobody for a
    configuration.
    """
    whole = disk.whole if disk is not None else frozenset[str]()
    whole = whole if usable is None else whole & usable
    if disk is not None and disk.foreign:
        raise Conflict(f"{', '.join(sorted(disk.foreign))} of {disk.name} is no whole XFS")
    var, handed = _tmpfs("/var", _VAR, "0755"), list[Attach]()
    if disk is not None and EPHEMERAL in whole:
        var = xfs("/var", disk, EPHEMERAL, _VAR)
    if disk is not None and STATE in whole:
        handed.append(xfs(layers.STATE, disk, STATE))
    return Volumes((var,), tuple(handed))


def mount_images(mounts: Mounts, files: Files) -> None:
    """Mount a machine's disk of images, if it has one; without it images are pulled."""
    try:
        device = system_disk.labelled(IMAGE_CACHE)
        target, options = layers.IMAGE_CACHE, ("ro", *_STRICT)
        wanted = Attach(target=target, fstype="squashfs", source=device, options=options)
        for action in tuple(layers.missing((wanted,), mounts.observe())) if device else ():
            files.apply(MakeDirectory(path=target.lstrip("/")))
            mounts.apply(action)
    except OSError as error:
        log.error("the disk of images is left out", extra=fields(why=error))


def xfs(target: str, disk: SystemDisk, label: str, options: tuple[str, ...] = _STRICT) -> Attach:
    """Give the mount of a volume's file system. Raises NotFound."""
    source = disk.volume(label)
    return Attach(target=target, fstype="xfs", source=source, options=options)


def mount_proc(mounts: Mounts) -> None:
    """Mount what tells what is mounted, unless it is there: once more, it would be another one."""
    if not Path("/proc/self").exists():
        mounts.apply(OF_KERNEL[0])


def mount_kernel(mounts: Mounts) -> None:
    """Mount the kernel's own file systems; /dev may be there already (CONFIG_DEVTMPFS_MOUNT)."""
    mount_proc(mounts)
    held = {mount.target for mount in mounts.observe()}
    for wanted in OF_KERNEL:
        target = Path(wanted.target)
        if target.parent == Path("/dev"):
            target.mkdir(exist_ok=True)
        if wanted.target not in held and target.is_dir():
            _mount(wanted, mounts)


def _mount(wanted: Attach, mounts: Mounts) -> None:
    try:
        mounts.apply(wanted)
    except OSError as err:
        if err.errno != errno.ENODEV:  # the kernel was built without it
            raise


def set_environment() -> None:
    """Give what runs here the one setting a launcher would give it."""
    os.environ.setdefault("PATH", _PATH)
