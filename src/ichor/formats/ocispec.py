"""The OCI runtime spec of a container (opencontainers/runtime-spec 1.2), from a few choices.

    Container (what differs between services) ─► config.json as runc reads it

The defaults are strict: no capability, no new privileges, read-only root, masked /proc and /sys;
network and UTS are always the host's, because a system service is part of the machine.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ichor.formats.jsonvalue import Object, Value, obj, text, texts

TYPE_URL = "types.containerd.io/opencontainers/runtime-spec/1/Spec"
_MASKED = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


class Mount(Struct, frozen=True, kw_only=True):
    """source: a path of the host for a bind, else the file system's name for itself."""

    destination: str
    source: str
    type: str = "bind"
    options: tuple[str, ...] = ("rbind", "ro")


class Limit(Struct, frozen=True):
    """A resource limit, `RLIMIT_NOFILE` style."""

    type: str
    soft: int
    hard: int


class Resources(Struct, frozen=True, kw_only=True):
    """Limits of the cgroup; 0 is none. devices_allowed: all of them, else the usual ones."""

    memory_bytes: int = 0
    cpu_shares: int = 0
    all_devices: bool = False


class Container(Struct, frozen=True, kw_only=True):
    """A service to run from an image: command (else the image's entrypoint), then args.

    privileged: every capability, nothing masked, all devices; for the kubelet alone.
    propagation: of the root's mounts, `rshared` if mounts made inside must be seen outside.
    """

    id: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    cwd: str = "/"
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    capabilities: tuple[str, ...] = ()
    mounts: tuple[Mount, ...] = ()
    limits: tuple[Limit, ...] = ()
    resources: Resources = Resources()
    cgroup_path: str
    oom_score_adj: int | None = None
    privileged: bool = False
    host_pid: bool = False
    read_only_root: bool = True
    propagation: str = ""
    log_path: str = ""
    labels: Mapping[str, str] = {}


class ImageConfig(Struct, frozen=True, kw_only=True):
    """What an image says about running it."""

    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    cwd: str = "/"
    user: str = ""
    diff_ids: tuple[str, ...] = ()


def image_config(document: Object) -> ImageConfig:
    """Read an OCI image configuration (image-spec, config.md)."""
    config = obj(document, "config")
    return ImageConfig(
        entrypoint=texts(config, "Entrypoint"),
        cmd=texts(config, "Cmd"),
        env=texts(config, "Env"),
        cwd=text(config, "WorkingDir") or "/",
        user=text(config, "User"),
        diff_ids=texts(document, "rootfs", "diff_ids"),
    )


def render(container: Container, image: ImageConfig, all_capabilities: Sequence[str]) -> Object:
    """Give the runtime spec. all_capabilities: what this kernel and process can give."""
    capabilities = tuple(all_capabilities) if container.privileged else container.capabilities
    root: Object = {"path": "rootfs", "readonly": container.read_only_root}
    return {
        "ociVersion": "1.2.0",
        "process": _process(container, image, capabilities),
        "root": root,
        "mounts": [*_standard_mounts(container), *map(_mount, container.mounts)],
        "linux": _linux(container),
    }


def merged_env(image: Sequence[str], ours: Sequence[str]) -> tuple[str, ...]:
    """Lay our variables over the image's; order of first appearance."""
    merged = {item.partition("=")[0]: item for item in (*image, *ours)}
    return tuple(merged.values())


def _process(container: Container, image: ImageConfig, capabilities: Sequence[str]) -> Object:
    sets = ("bounding", "effective", "permitted", "inheritable", "ambient")
    # Without root, only inheritable and ambient ones survive execve(2) of a plain binary.
    process: dict[str, Value] = {
        "terminal": False,
        "user": {
            "uid": container.uid,
            "gid": container.gid,
            "additionalGids": list(container.groups),
        },
        "args": [*(container.command or image.entrypoint), *container.args],
        "env": list(merged_env((_PATH, *image.env), container.env)),
        "cwd": container.cwd,
        "capabilities": {name: list(capabilities) for name in sets},
        "noNewPrivileges": not container.privileged,
        "rlimits": [
            {"type": item.type, "soft": item.soft, "hard": item.hard} for item in container.limits
        ],
    }
    if container.oom_score_adj is not None:
        process["oomScoreAdj"] = container.oom_score_adj
    return process


def _linux(container: Container) -> Object:
    namespaces: list[Object] = [{"type": "mount"}, {"type": "ipc"}]
    if not container.host_pid:
        namespaces.append({"type": "pid"})
    if not container.privileged:
        namespaces.append({"type": "cgroup"})
    linux: dict[str, Value] = {
        "namespaces": namespaces,
        "cgroupsPath": container.cgroup_path,
        "resources": _resources(container),
        "maskedPaths": [] if container.privileged else list(_MASKED),
        "readonlyPaths": [] if container.privileged else list(_READ_ONLY),
    }
    if container.propagation:
        linux["rootfsPropagation"] = container.propagation
    return linux


def _resources(container: Container) -> Object:
    wanted = container.resources
    everything = wanted.all_devices or container.privileged
    # Denied by default; runc itself adds null, zero, random and the terminals.
    device: Object = {"allow": everything, "access": "rwm"}
    resources: dict[str, Value] = {"devices": [device]}
    if wanted.memory_bytes:
        resources["memory"] = {"limit": wanted.memory_bytes}
    if wanted.cpu_shares:
        resources["cpu"] = {"shares": wanted.cpu_shares}
    return resources


def _standard_mounts(container: Container) -> Sequence[Object]:
    closed = ("nosuid", "noexec", "nodev")
    # Who sees the machine's processes sees its /proc as it is, with what is bound over it.
    proc = Mount(destination="/proc", source="proc", type="proc", options=closed)
    if container.host_pid:
        proc = Mount(destination="/proc", source="/proc", options=("rbind", "rw"))
    mounts = [proc]
    if container.privileged:
        mounts.append(Mount(destination="/sys", source="/sys", options=("rbind", "rw")))
        mounts.append(Mount(destination="/dev", source="/dev", options=("rbind", "rw")))
    else:
        mounts += _small_dev()
        mounts.append(
            Mount(destination="/sys", source="sysfs", type="sysfs", options=(*closed, "ro"))
        )
        mounts.append(
            Mount(
                destination="/sys/fs/cgroup",
                source="cgroup",
                type="cgroup",
                options=(*closed, "relatime", "ro"),
            )
        )
    return [_mount(mount) for mount in mounts]


def _small_dev() -> Sequence[Mount]:
    return [
        Mount(
            destination="/dev",
            source="tmpfs",
            type="tmpfs",
            options=("nosuid", "strictatime", "mode=755", "size=65536k"),
        ),
        Mount(
            destination="/dev/pts",
            source="devpts",
            type="devpts",
            options=("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
        ),
        Mount(
            destination="/dev/shm",  # noqa: S108 - a mount point inside the container
            source="shm",
            type="tmpfs",
            options=("nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
        ),
        Mount(
            destination="/dev/mqueue",
            source="mqueue",
            type="mqueue",
            options=("nosuid", "noexec", "nodev"),
        ),
    ]


def _mount(mount: Mount) -> Object:
    return {
        "destination": mount.destination,
        "type": mount.type,
        "source": mount.source,
        "options": list(mount.options),
    }
