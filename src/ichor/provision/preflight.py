"""Look before making anything: refusals that say what is missing and what to do about it."""

import ipaddress
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ichor.errors import InputError
from ichor.provision import destroy, egress, record
from ichor.provision.provisioner import is_free
from ichor.provision.record import Cluster
from ichor.units import format_size

# A control plane's containers, logs and etcd; images are hard links.
_DISK_OF_NODE = 1 << 30
_FILE_SYSTEMS = ("squashfs", "overlay", "tmpfs", "proc", "sysfs", "mqueue", "devpts")
_CAP_SYS_ADMIN = 21


def check(cluster: Cluster) -> None:
    """Raises InputError with the first reason against making this cluster here."""
    looks: Sequence[Callable[[Cluster], None]] = (
        _privileged,
        check_new,
        _kernel,
        check_image_cache,
        _disk,
        check_ports,
        _way_out,
    )
    for look in looks:
        look(cluster)


def check_machines(cluster: Cluster) -> None:
    """Raises InputError with the first reason against virtual machines here."""
    looks = (_privileged, check_new, _taps, check_image_cache, check_room, check_ports, _way_out)
    for look in looks:
        look(cluster)


def _privileged(_: Cluster) -> None:
    if not may_make_nodes(os.geteuid(), Path("/proc/self/status").read_text()):
        raise InputError("clusters need root", hint="run it with sudo")


def may_make_nodes(uid: int, status: str) -> bool:
    """Say whether this user, with the capabilities of /proc/self/status, may."""
    effective = int(status.split("CapEff:")[1].split()[0], 16)
    return uid == 0 and bool(effective >> _CAP_SYS_ADMIN & 1)


def check_new(cluster: Cluster) -> None:
    if destroy.is_there(cluster.name):
        hint = f"ichor cluster destroy --name {cluster.name}, or choose another --name"
        raise InputError(f"cluster {cluster.name!r} exists", path="--name", hint=hint)


def missing_file_systems(filesystems: str) -> list[str]:
    """Read /proc/filesystems: which of those we need are not there."""
    known = {line.split()[-1] for line in filesystems.splitlines() if line.strip()}
    return [name for name in _FILE_SYSTEMS if name not in known]


def _kernel(_: Cluster) -> None:
    missing = missing_file_systems(Path("/proc/filesystems").read_text())
    if missing:
        names = ", ".join(missing)
        hint = f"modprobe {' '.join(missing)}"
        raise InputError(f"this kernel has no file system {names}", hint=hint)
    if not Path("/dev/loop-control").exists():
        raise InputError("this kernel has no loop devices", hint="modprobe loop")


def check_image_cache(cluster: Cluster) -> None:
    for path in {node.image_cache for node in cluster.nodes} - {""}:
        if not all((Path(path) / name).is_file() for name in ("oci-layout", "index.json")):
            hint = f"ichor image cache-create --image-cache-path {path}"
            raise InputError(f"{path} is no OCI layout", path="--image-cache", hint=hint)


def _taps(_: Cluster) -> None:
    if not Path("/dev/net/tun").exists():
        raise InputError("this kernel has no tap devices", hint="modprobe tun")


def _disk(cluster: Cluster) -> None:
    directory = _where_clusters_are()
    if file_system_of(directory, Path("/proc/self/mountinfo").read_text()) == "overlay":
        message = f"{directory} is on an overlay, and nodes cannot stack one on it"
        raise InputError(message, hint="set ICHOR_STATE to a directory of a plain disk")
    check_room(cluster)


def _where_clusters_are() -> Path:
    directory = record.clusters_directory()
    while not directory.exists():
        directory = directory.parent
    return directory


def check_room(cluster: Cluster) -> None:
    directory = _where_clusters_are()
    needed, free = _DISK_OF_NODE * len(cluster.nodes), shutil.disk_usage(directory).free
    if free < needed:
        message = f"{format_size(free)} free in {directory}, {format_size(needed)} needed"
        raise InputError(message, hint="free some, or set ICHOR_STATE to a larger disk")


def file_system_of(path: Path, mountinfo: str) -> str:
    """Give the type of the file system that holds path: that of its nearest mount point."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = Path(left.split()[4])
        # The last of equals wins: a later mount covers an earlier one.
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), right.split()[0]
    return kind


def check_ports(cluster: Cluster) -> None:
    for node in cluster.nodes:
        for forward in node.forwards:
            if not is_free(forward.listen):
                message = f"127.0.0.1:{forward.listen} is in use ({forward.name} of {node.name})"
                raise InputError(message, hint="end what listens there and try again")


def host_networks(table: str) -> list[ipaddress.IPv4Network]:
    """Read /proc/net/route (proc(5)): little-endian hexadecimal; default routes are left out."""
    networks: list[ipaddress.IPv4Network] = []
    for line in table.splitlines()[1:]:
        words = line.split()
        target, mask = (int.from_bytes(bytes.fromhex(words[i]), "little") for i in (1, 7))
        if mask:
            networks.append(ipaddress.IPv4Network((target, mask.bit_count())))
    return networks


def _way_out(cluster: Cluster) -> None:
    """Without egress the nodes' addresses exist in namespaces only, and clash with nothing."""
    if not cluster.egress:
        return
    if shutil.which("nft") is None:
        raise InputError("--egress needs nft", hint="apt-get install nftables")
    check_routes(cluster, host_networks(Path("/proc/net/route").read_text()))


def check_routes(cluster: Cluster, routes: Sequence[ipaddress.IPv4Network]) -> None:
    """Raises InputError if the cluster's own routes on the host would hide one of these."""
    ends = egress.link_addresses(cluster.name)
    link = ipaddress.IPv4Network(f"{ends.host}/{ends.prefix_length}", strict=False)
    subnet = ipaddress.IPv4Network(cluster.subnet)
    for network in routes:
        if network.overlaps(subnet):
            message = f"{subnet} overlaps the host's route to {network}"
            raise InputError(message, path="--subnet", hint="choose another --subnet")
        if network.overlaps(link):
            message = f"the link {link} overlaps the host's route to {network}"
            raise InputError(message, path="--name", hint="choose another --name")
