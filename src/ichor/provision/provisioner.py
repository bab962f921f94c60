"""What every kind of provisioner does, and the plan of a cluster that all of them start from.

`plan` decides names, addresses and ports, so that configurations can be generated before anything
is made; a Provisioner makes what was planned.
"""

import hashlib
import ipaddress
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from msgspec import Struct

from ichor.errors import InputError, TransientError
from ichor.provision import name as names
from ichor.provision import record
from ichor.provision.life import Status
from ichor.provision.record import Cluster, Forward, Machine, Node

API_PORT = 50000
TRUST_PORT = 50001
KUBERNETES_PORT = 6443
# Below Linux' ephemeral ports (32768..60999), which outgoing connections of the host take at will.
_PORTS = range(20000, 30000)


class Request(Struct, frozen=True, kw_only=True):
    """What the user asks for. root: the squashfs every node starts from.

    store: the prepared content store in every node's /var; None where nodes pull images.
    image_cache: an OCI layout that every node finds as its disk of images.
    machine: nodes are virtual machines like this one.
    """

    name: str
    root: Path
    store: Path | None = None
    control_planes: int = 1
    workers: int = 1
    subnet: str = "10.5.0.0/24"
    egress: bool = False
    image_cache: Path | None = None
    init: tuple[str, ...] = ("/sbin/init",)
    environment: Mapping[str, str] = {}
    kubeconfig: str = ""
    machine: Machine | None = None


class Phase(NamedTuple):
    """One step that takes a while, told to the user by its name and its seconds."""

    name: str
    action: Callable[[], None]


class Provisioner(Protocol):
    """Makes, stops, starts and removes clusters of one kind; the caller holds `record.locked`."""

    def check(self, cluster: Cluster) -> None:
        """Raises InputError when this host cannot have that cluster; changes nothing."""
        ...

    def create(self, cluster: Cluster, userdata: Mapping[str, bytes]) -> Sequence[Phase]:
        """Give the phases that make it; userdata: by node, the configuration it starts with."""
        ...

    def start(self, cluster: Cluster, nodes: Sequence[str] = ()) -> None: ...

    def stop(self, cluster: Cluster, nodes: Sequence[str], grace: timedelta) -> None: ...

    def status(self, cluster: Cluster) -> Mapping[str, Status | None]:
        """Give each node's state; None where nobody answers for it."""
        ...

    def destroy(self, name: str) -> bool:
        """Remove all there is of a cluster of this name, however it came about.

        Gives False if there was nothing. Raises TransientError if something would not go.
        """
        ...


def plan(request: Request, free: Callable[[int], bool] | None = None) -> Cluster:
    """Decide the names, addresses and ports of a cluster; free: whether a port can be had."""
    names.check_cluster(request.name)
    _check_counts(request)
    network = _subnet(request.subnet)
    hosts = network.hosts()
    gateway = str(next(hosts))
    ports = _ports(request.name, free or _is_free_and_unpromised)
    roles = ["controlplane"] * request.control_planes + ["worker"] * request.workers
    wanted = len(roles)
    if network.num_addresses - 3 < wanted:
        raise InputError(f"{network} has no room for {wanted} nodes", path="--subnet")
    nodes: list[Node] = []
    for index, role in enumerate(roles):
        number = index + 1 if role == "controlplane" else index + 1 - request.control_planes
        name = f"{request.name}-{role}-{number}"
        nodes.append(_node(request, name, role, str(next(hosts)), gateway, ports))
    return Cluster(
        name=request.name,
        subnet=str(network),
        gateway=gateway,
        egress=request.egress,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        kubeconfig=request.kubeconfig,
        nodes=tuple(nodes),
    )


def _check_counts(request: Request) -> None:
    if request.control_planes < 1:
        raise InputError("a cluster has at least one control plane", path="--control-planes")
    if request.workers < 0 or request.control_planes + request.workers > 99:
        raise InputError("a cluster has 1 to 99 nodes", path="--workers")


def _subnet(text: str) -> ipaddress.IPv4Network:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError as err:
        hint = "write the network's own address, as 10.5.0.0/24"
        raise InputError(f"{text!r} is no IPv4 subnet: {err}", path="--subnet", hint=hint) from err


def _node(
    request: Request, name: str, role: str, address: str, gateway: str, ports: Iterator[int]
) -> Node:
    forwards = [Forward(name="api", listen=next(ports), target=API_PORT)]
    if role == "controlplane":
        forwards.append(Forward(name="kubernetes", listen=next(ports), target=KUBERNETES_PORT))
    base = {"PATH": "/usr/bin:/usr/sbin:/bin:/sbin", "container": "ichor", "PLATFORM": "container"}
    return Node(
        cluster=request.name,
        name=name,
        role=role,
        address=address,
        prefix_length=_subnet(request.subnet).prefixlen,
        gateway=gateway,
        root=str(request.root.absolute()),
        store=str(request.store.absolute()) if request.store else "",
        init=request.init,
        environment={**base, **request.environment},
        image_cache="" if request.image_cache is None else str(request.image_cache.absolute()),
        forwards=tuple(forwards),
        machine=request.machine,
    )


def _ports(cluster: str, free: Callable[[int], bool]) -> Iterator[int]:
    """Give free ports, starting at one that a cluster of this name is likely to get again."""
    digest = hashlib.sha256(cluster.encode()).digest()
    offset = int.from_bytes(digest[:4], "big")
    for step in range(len(_PORTS)):
        port = _PORTS[(offset + step) % len(_PORTS)]
        if free(port):
            yield port
    raise TransientError(f"no port of {_PORTS.start}..{_PORTS.stop - 1} is free on 127.0.0.1")


def _is_free_and_unpromised(port: int) -> bool:
    return is_free(port) and port not in record.promised_ports()


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
