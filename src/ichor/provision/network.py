"""The network of a cluster: one hub namespace with a bridge, one namespace a node.

    node netns: eth0 ──veth── v<digest> ┐
    node netns: eth0 ──veth── v<digest> ┼ br0 (the gateway's address) : hub netns
                                        ┘

Nothing is made in the host's own namespace. A namespace is kept by a bind mount in a directory of
ours, with a link to it where `ip netns` looks: that covers its directory, when it is first used, by
a copy of all that is mounted there, and what is below could not be removed any more.
pyroute2 costs 0.3 s to import: only those who make links load it.
"""

import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ichor.linux.libc import CLONE_NEWNET, MNT_DETACH, setns, umount, unshare
from ichor.provision import name as names
from ichor.provision.record import Cluster, Node
from ichor.provision.syscalls import bind, network_namespace

# Of the network namespace of the thread that opens it.
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")

if TYPE_CHECKING:
    from pyroute2 import IPRoute


def is_made(path: Path) -> bool:
    """Say whether path is a namespace: a file that nothing is bound to is left of a crash."""
    try:
        return path.stat().st_dev != path.parent.stat().st_dev
    except FileNotFoundError:
        return False


def make_namespace(path: Path) -> None:
    """Make a network namespace, its loopback up, and keep it at path."""
    from pyroute2 import IPRoute

    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        unshare(CLONE_NEWNET)
        try:
            with IPRoute() as here:
                here.link("set", index=1, state="up")
            bind("/proc/thread-self/ns/net", path)
            _list(path)
        finally:
            setns(own, CLONE_NEWNET)
    finally:
        os.close(own)


def remove_namespace(path: Path) -> None:
    """Let a namespace go, with all links in it, once its last process has ended."""
    _link_of(path).unlink(missing_ok=True)
    while is_made(path):
        umount(path, MNT_DETACH)
    path.unlink(missing_ok=True)


def _link_of(path: Path) -> Path:
    return names.LISTED / path.name


def _list(path: Path) -> None:
    link = _link_of(path)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(path)


def _inside(path: Path) -> "IPRoute":
    """Give a netlink socket of that namespace."""
    from pyroute2 import IPRoute

    with network_namespace(path):
        return IPRoute()


def index(route: "IPRoute", link: str) -> int | None:
    found: Iterable[int] = route.link_lookup(ifname=link)
    return next(iter(found), None)


def make_hub(cluster: Cluster) -> None:
    """Make the hub with its bridge, if it is not there: after a reboot of the host it is not."""
    path, prefix = names.hub(cluster.name), int(cluster.subnet.partition("/")[2])
    if not is_made(path):
        make_namespace(path)
    with network_namespace(path):
        # A router that knows no way says so: dials fail at once where dropped ones would hang.
        FORWARDING.write_text("1\n")
    with _inside(path) as hub:
        if index(hub, names.BRIDGE) is not None:
            return
        # Of its own, or it were the lowest of its ports', which come and go.
        mac = names.hardware_address(f"{cluster.name} hub")
        hub.link("add", ifname=names.BRIDGE, kind="bridge", br_stp_state=0, address=mac)
        bridge = index(hub, names.BRIDGE)
        hub.addr("add", index=bridge, address=cluster.gateway, prefixlen=prefix)
        hub.link("set", index=bridge, state="up")


def make_node(node: Node) -> None:
    """Make a fresh namespace for the node, linked to the hub; what it was before goes."""
    path = names.namespace(node.cluster, node.name)
    remove_namespace(path)
    with _inside(names.hub(node.cluster)) as hub:
        port = names.node_port(node.name)
        # The namespace of the node's last life may not be gone yet, and with it this end.
        remove_link(hub, port)
        make_namespace(path)
        with _inside(path) as inside:
            _link(inside, hub, node, port)


def remove_link(netlink: "IPRoute", name: str) -> None:
    """Remove a link if it is there; the kernel may be about to, with the namespace of its peer."""
    from pyroute2.netlink.exceptions import NetlinkError

    if (found := index(netlink, name)) is None:
        return
    try:
        netlink.link("del", index=found)
    except NetlinkError as err:
        if err.code != errno.ENODEV:
            raise


def _link(inside: "IPRoute", hub: "IPRoute", node: Node, port: str) -> None:
    target = os.open(names.hub(node.cluster), os.O_RDONLY)
    try:
        peer = {"ifname": port, "net_ns_fd": target}
        mac = names.hardware_address(node.name)
        inside.link("add", ifname=names.NODE_LINK, kind="veth", address=mac, peer=peer)
    finally:
        os.close(target)
    label = names.alias(node.cluster, node.name)
    bridge = index(hub, names.BRIDGE)
    hub.link("set", index=index(hub, port), master=bridge, state="up", ifalias=label)
    link = index(inside, names.NODE_LINK)
    inside.addr("add", index=link, address=node.address, prefixlen=node.prefix_length)
    inside.link("set", index=link, state="up")
    inside.route("add", dst="default", gateway=node.gateway)


def namespaces(cluster: str) -> list[Path]:
    """Give the paths of this cluster's namespaces, the hub's too, made or half made."""
    if not names.NETNS.is_dir():
        return []
    return sorted(path for path in names.NETNS.iterdir() if names.is_namespace_of(path, cluster))
