"""The file system a node starts in: what firmware and kernel would give, no more.

    /                squashfs, read-only, on a loop device shared by all nodes
    /var             bind of the node's directory: outlives reboots
    /proc            with six host-wide kernel parameters shown as the node wants them
    /sys             read-only; /sys/fs/cgroup writable, the node's own cgroup as its root
    /dev             tmpfs with the usual nodes, a devpts of its own, the console
    /run             tmpfs that pid 1 keeps; below it, what this host hands over:
      host/container-manager   "ichor"
      host/state     the node's STATE directory, to be moved to where pid 1 wants it
      host/userdata  the machine configuration, if one was given (0600)
      host/imagecache  an OCI layout of this host's, read-only, if one was given
      host/proc      a clean procfs

/run/host is where systemd's container interface puts such things. The other tmpfs (/tmp, /system),
the files bound over /etc and the overlays are the OS's own layers: machined makes them.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from ichor.linux.libc import (
    MNT_DETACH,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_SHARED,
    mount,
    pivot_root,
    umount,
)
from ichor.provision.cgroup import Hierarchy
from ichor.provision.loop import attached
from ichor.provision.record import Node
from ichor.provision.syscalls import bind, make_read_only

_STRICT = MS_NOSUID | MS_NODEV | MS_NOEXEC
# Kernel parameters that no namespace owns and that the kubelet insists on: shown, not set, so that
# the host keeps its own (kubelet with protectKernelDefaults reads them and is content).
_SHOWN = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
# Parts of procfs that no namespace owns (those runc makes read-only too).
_OF_HOST = ("bus", "fs", "irq", "sys", "sysrq-trigger")
# Linux' Documentation/admin-guide/devices.txt; name: (mode, major, minor)
_DEVICES = {
    "null": (0o666, 1, 3),
    "zero": (0o666, 1, 5),
    "full": (0o666, 1, 7),
    "random": (0o666, 1, 8),
    "urandom": (0o666, 1, 9),
    "kmsg": (0o600, 1, 11),
    "tty": (0o666, 5, 0),
    "fuse": (0o666, 10, 229),
    "net/tun": (0o666, 10, 200),
}
_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "core": "/proc/kcore",
}


def build(node: Node, directory: Path, console: str, cgroups: Sequence[Hierarchy]) -> None:
    """Make the node's root and move into it; the caller is in a mount namespace of its own.

    directory: the node's on the host. console: the terminal that becomes /dev/console.
    """
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    root = directory / "root"
    root.mkdir(exist_ok=True)
    with attached(Path(node.root)) as device:
        mount(device, root, "squashfs", MS_RDONLY | MS_NODEV | MS_NOSUID)
    _run(root, directory)
    if node.image_cache:
        cache = root / "run/host/imagecache"
        cache.mkdir()
        bind(node.image_cache, cache, _STRICT | MS_RDONLY)
    # Containers run from overlays of their own, which these flags do not reach.
    bind(directory / "var", root / "var", MS_NOSUID | MS_NODEV)
    _proc(root)
    _sys(root, cgroups)
    _dev(root, console)
    _enter(root)


def _run(root: Path, directory: Path) -> None:
    mount("tmpfs", root / "run", "tmpfs", _STRICT, "mode=755")
    host = root / "run/host"
    (host / "state").mkdir(parents=True)
    bind(directory / "state", host / "state", _STRICT)
    (host / "container-manager").write_text("ichor\n")
    userdata = directory / "userdata"
    if userdata.exists():
        fd = os.open(host / "userdata", os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(userdata.read_bytes())


def _proc(root: Path) -> None:
    mount("proc", root / "proc", "proc", _STRICT)
    # Binding over parts of /proc makes the kernel refuse a fresh procfs to user-namespaced pods
    # (mount_too_revealing): one that is fully visible somewhere is enough to be let.
    clean = root / "run/host/proc"
    clean.parent.chmod(0o700)
    clean.mkdir()
    mount("proc", clean, "proc", _STRICT)
    shown = root / "run/host/sysctl"
    shown.mkdir()
    for name, value in _SHOWN.items():
        target = root / "proc/sys" / name
        if target.exists():
            source = shown / name.replace("/", ".")
            source.write_text(f"{value}\n")
            bind(source, target, _STRICT | MS_RDONLY)
    _only_ours(root / "proc")


def _only_ours(proc: Path) -> None:
    """Leave writable what is of our network namespace: the rest of these is the host's own."""
    bind(proc / "sys/net", proc / "sys/net", _STRICT)
    for name in _OF_HOST:
        if (proc / name).exists():
            mount(proc / name, proc / name, flags=MS_BIND | (MS_REC if name == "sys" else 0))
            make_read_only(proc / name, _STRICT)


def _sys(root: Path, cgroups: Sequence[Hierarchy]) -> None:
    mount("sysfs", root / "sys", "sysfs", _STRICT)
    make_read_only(root / "sys", _STRICT)
    top = root / "sys/fs/cgroup"
    if all(hierarchy.is_v2 for hierarchy in cgroups):
        mount("cgroup2", top, "cgroup2", _STRICT)
        return
    mount("tmpfs", top, "tmpfs", _STRICT, "mode=755")
    for hierarchy in cgroups:
        _hierarchy(top, hierarchy)


def _hierarchy(top: Path, hierarchy: Hierarchy) -> None:
    target = top / ("unified" if hierarchy.is_v2 else hierarchy.options.removeprefix("name="))
    target.mkdir()
    if hierarchy.is_v2:
        mount("cgroup2", target, "cgroup2", _STRICT)
        return
    named = "none," if hierarchy.options.startswith("name=") else ""
    mount("cgroup", target, "cgroup", _STRICT, named + hierarchy.options)
    controllers = hierarchy.options.split(",")
    for controller in controllers if len(controllers) > 1 else ():
        (top / controller).symlink_to(target.name)


def _dev(root: Path, console: str) -> None:
    dev = root / "dev"
    mount("tmpfs", dev, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755")
    for name in ("pts", "shm", "mqueue", "net"):
        (dev / name).mkdir()
    for name, (mode, major, minor) in _DEVICES.items():
        os.mknod(dev / name, mode | stat.S_IFCHR, os.makedev(major, minor))
        (dev / name).chmod(mode)
    options = "newinstance,ptmxmode=0666,mode=0620,gid=5"
    mount("devpts", dev / "pts", "devpts", MS_NOSUID | MS_NOEXEC, options)
    mount("tmpfs", dev / "shm", "tmpfs", _STRICT, "mode=1777")
    mount("mqueue", dev / "mqueue", "mqueue", _STRICT)
    for name, target in _LINKS.items():
        (dev / name).symlink_to(target)
    (dev / "console").touch()
    bind(console, dev / "console", MS_NOSUID | MS_NOEXEC)


def _enter(root: Path) -> None:
    """Make root the root: the old one is stacked below it and let go (pivot_root(2), NOTES)."""
    os.chdir(root)
    pivot_root(".", ".")
    umount(".", MNT_DETACH)
    os.chdir("/")
    # Pods ask for mounts that propagate; the kernel's own default for a booted root is private.
    mount("none", "/", flags=MS_REC | MS_SHARED)
