"""The three layers of a node's file system, made before there is a store or a loop.

    read-only   the squashfs, already there
    temporary   tmpfs over /run, /tmp, /system; files of /etc written below /system/etc and bound
    backed      overlays over directories of /etc and /opt whose upper side is on /var

What is wanted is a list; what is there already is left alone, so that this can run twice.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ichor.ports.file import Directory, Files, MakeDirectory
from ichor.ports.mount import Attach, Bind, Mount, Mounts, Overlay, Propagate, Propagation

STATE: Final = "/system/state"
ETC: Final = "/system/etc"
SOCKET: Final = "/system/run/machined/machine.sock"
HOST: Final = "/run/host"
IMAGE_CACHE: Final = "/system/imagecache/disk"
OVERLAID: Final = ("/etc/kubernetes", "/etc/cni", "/opt")
_OVERLAYS: Final = "/var/system/overlays"
_STRICT: Final = ("nosuid", "nodev", "noexec")

TEMPORARY: Final = (
    Attach(
        target="/tmp",  # noqa: S108 - the mount itself
        fstype="tmpfs",
        source="tmpfs",
        options=_STRICT,
        data="mode=1777,size=50%",
    ),
    Attach(
        target="/system", fstype="tmpfs", source="tmpfs", options=_STRICT, data="mode=0755,size=50%"
    ),
)
# What the platform hands over, if it does.
HANDED: Final = (
    Bind(target=STATE, source=f"{HOST}/state", options=_STRICT),
    Bind(target=IMAGE_CACHE, source=f"{HOST}/imagecache", options=("ro", *_STRICT)),
)
# path below /: mode; others 0755. Modes of what Kubernetes keeps are those of facts/paths.tsv.
DIRECTORIES: Final = {
    "system/etc": 0o755,
    "system/state": 0o700,
    "system/run": 0o755,
    "system/run/machined": 0o755,
    "system/secrets": 0o711,
    "system/config": 0o755,
    "system/resolved": 0o755,
    "system/imagecache": 0o755,
    "run/lock": 0o755,
    "var/lib": 0o700,
    "var/lib/cni": 0o700,
    "var/lib/containerd": 0o700,
    "var/lib/kubelet": 0o700,
    "var/lib/kubelet/seccomp": 0o700,
    "var/lib/kubelet/seccomp/profiles": 0o700,
    "var/log": 0o755,
    "var/log/audit": 0o700,
    "var/log/containers": 0o755,
    "var/log/pods": 0o755,
    "var/mnt": 0o755,
    "var/system": 0o700,
    "var/system/overlays": 0o700,
}
# path: mode and owner, the user of the one service that writes there
OWNED: Final = {"var/lib/etcd": (0o700, 60), "var/log/audit/kube": (0o700, 65534)}


def prepare(
    mounts: Mounts,
    files: Files,
    first: Sequence[Attach] = (),
    handed: Sequence[Attach | Bind] | None = None,
) -> None:
    """Make the layers. Raises OSError.

    files: those below /. first: mounts before ours. handed: those below /system; by default what
    the launcher of a container hands over.
    """
    for action in missing((*first, *TEMPORARY), mounts.observe()):
        mounts.apply(action)
    for path, mode in DIRECTORIES.items():
        files.apply(MakeDirectory(path=path, directory=Directory(mode=mode)))
    for path, (mode, uid) in OWNED.items():
        directory = Directory(mode=mode, uid=uid, gid=uid)
        files.apply(MakeDirectory(path=path, directory=directory))
    overlays = tuple(overlay(target) for target in OVERLAID)
    for layer in overlays:
        for path in (layer.upper, layer.work):
            files.apply(MakeDirectory(path=path.lstrip("/")))
    if handed is None:
        handed = [each for each in HANDED if Path(each.source).exists()]
    lacking = tuple(missing(handed, mounts.observe()))  # one that is there may be read-only
    for each in lacking:
        files.apply(MakeDirectory(path=each.target.lstrip("/")))
    for action in (*missing(overlays, mounts.observe()), *lacking):
        mounts.apply(action)
    # What was mounted there hides the directory made above, and its mode.
    files.apply(MakeDirectory(path=STATE.lstrip("/"), directory=Directory(mode=0o700)))
    files.apply(MakeDirectory(path="etc/kubernetes/manifests"))
    _link_run(Path("/var/run"))
    mounts.apply(Propagate(target="/", propagation=Propagation.SHARED, recursive=True))


def overlay(target: str) -> Overlay:
    """Give the overlay of a directory, its upper side named after its path."""
    name = target.lstrip("/").replace("/", "-")
    return Overlay(
        target=target,
        lower=(target,),
        upper=f"{_OVERLAYS}/{name}-diff",
        work=f"{_OVERLAYS}/{name}-work",
        options=_STRICT if target.startswith("/etc/") else _STRICT[:2],
    )


def _link_run(path: Path) -> None:
    """Have /var/run lead to /run, so that what is there is gone with the boot that made it."""
    if path.is_symlink() or not path.exists():
        path.unlink(missing_ok=True)
        path.symlink_to("/run")


def missing(
    wanted: Sequence[Attach | Bind | Overlay], held: Sequence[Mount]
) -> Iterator[Attach | Bind | Overlay]:
    targets = {mount.target for mount in held}
    return (action for action in wanted if action.target not in targets)
