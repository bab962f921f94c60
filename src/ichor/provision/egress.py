"""The way out, only when asked for: one veth, one nftables table, IPv4 forwarding.

    hub: up0 ── veth ── ich<digest> : host, which masquerades what comes from the cluster's subnet

    table ip ichor_<cluster>   postrouting: masquerade the subnet
                               forward: if it was we who turned forwarding on, nothing but clusters

The value net.ipv4.ip_forward had before is kept in /run/ichor/ip_forward, which like the value
itself is gone after a reboot; the last cluster with a way out puts it back.
"""

import hashlib
import ipaddress
import json
import os
import socket
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import NamedTuple

from ichor.errors import InputError
from ichor.provision import name as names
from ichor.provision import network
from ichor.provision.record import Cluster
from ichor.provision.syscalls import network_namespace

_KEPT = Path("/run/ichor/ip_forward")
# Shared address space (RFC 6598): no route of a host's own is likely there.
_LINKS = ipaddress.IPv4Network("100.64.0.0/10")


class Link(NamedTuple):
    host: str
    hub: str
    prefix_length: int


def link_addresses(cluster: str) -> Link:
    """Give the two ends' addresses: a /30 chosen by the cluster's name."""
    digest = int.from_bytes(hashlib.sha256(cluster.encode()).digest()[:4], "big")
    base = int(_LINKS.network_address) + (digest % (_LINKS.num_addresses // 4)) * 4
    return Link(str(ipaddress.ip_address(base + 1)), str(ipaddress.ip_address(base + 2)), 30)


def ruleset(cluster: Cluster, *, only_clusters: bool) -> str:
    """Write the table for `nft -f`: declared, emptied and filled in one transaction."""
    table = f"ip {names.table(cluster.name)}"
    guard = 'iifname != "ich*" oifname != "ich*" drop' if only_clusters else ""
    return f"""table {table} {{ comment "{names.alias(cluster.name)}"; }}
delete table {table}
table {table} {{
  comment "{names.alias(cluster.name)}"
  chain postrouting {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {cluster.subnet} oifname != "ich*" masquerade
  }}
  chain forward {{
    type filter hook forward priority filter; policy accept;
    {guard}
  }}
}}
"""


@contextmanager
def _forwarding() -> Generator[None]:
    """Hold what all clusters share while it is changed."""
    _KEPT.parent.mkdir(exist_ok=True)
    fd = os.open(_KEPT.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        flock(fd, LOCK_EX)
        yield
    finally:
        os.close(fd)


def add(cluster: Cluster) -> None:
    """Give the cluster its way out; what is there already is made anew."""
    with _forwarding():
        if not _KEPT.exists():
            _KEPT.write_text(network.FORWARDING.read_text())
        only = _KEPT.read_text().strip() == "0"
        _link(cluster)
        _nft("-f", "-", stdin=ruleset(cluster, only_clusters=only))
        network.FORWARDING.write_text("1\n")


def _link(cluster: Cluster) -> None:
    from pyroute2 import IPRoute

    ends, name = link_addresses(cluster.name), names.egress_link(cluster.name)
    _remove_link(cluster.name)
    path = names.hub(cluster.name)
    hub_fd = os.open(path, os.O_RDONLY)
    with IPRoute() as host:
        peer = {"ifname": names.UPLINK, "net_ns_fd": hub_fd}
        host.link("add", ifname=name, kind="veth", peer=peer)
        os.close(hub_fd)
        index = network.index(host, name)
        host.addr("add", index=index, address=ends.host, prefixlen=ends.prefix_length)
        host.link("set", index=index, state="up", ifalias=names.alias(cluster.name))
        with network_namespace(path), IPRoute() as hub:
            up = network.index(hub, names.UPLINK)
            hub.addr("add", index=up, address=ends.hub, prefixlen=ends.prefix_length)
            hub.link("set", index=up, state="up")
            hub.route("add", dst="default", gateway=ends.host)
        host.route("add", dst=cluster.subnet, gateway=ends.hub)


def _remove_link(cluster: str) -> None:
    from pyroute2 import IPRoute

    with IPRoute() as host:
        network.remove_link(host, names.egress_link(cluster))


def remove(cluster: str) -> None:
    """Take the way out away; nothing happens if there is none."""
    if not has_link(cluster) and names.table(cluster) not in tables() and not _KEPT.exists():
        return
    with _forwarding():
        _remove_link(cluster)
        if names.table(cluster) in tables():
            _nft("delete", "table", "ip", names.table(cluster))
        if _KEPT.exists() and not any(table.startswith("ichor_") for table in tables()):
            network.FORWARDING.write_text(_KEPT.read_text())
            _KEPT.unlink()


def is_there(cluster: str) -> bool:
    """Say whether the way out is whole: of a creator that was killed there may be half of it."""
    return (
        has_link(cluster)
        and names.table(cluster) in tables()
        and network.FORWARDING.read_text()[0] == "1"
    )


def has_link(cluster: str) -> bool:
    # Not by /sys/class/net: that shows the namespace it was mounted from.
    return names.egress_link(cluster) in {name for _, name in socket.if_nameindex()}


def tables() -> list[str]:
    """Give the names of the host's tables of family ip; none where nft is not installed."""
    try:
        listed = json.loads(_nft("-j", "list", "tables", "ip"))
    except FileNotFoundError:
        return []
    return [entry["table"]["name"] for entry in listed["nftables"] if "table" in entry]


def _nft(*argv: str, stdin: str = "") -> str:
    done = subprocess.run(["nft", *argv], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"nft {' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def resolvers(resolv_conf: str) -> list[str]:
    """Give the IPv4 name servers of a host that its nodes can use too: none on its loopback."""
    found: list[str] = []
    for line in resolv_conf.splitlines():
        match line.split():
            case ["nameserver", address, *_] if "." in address and not address.startswith("127."):
                found.append(address)
            case _:
                continue
    return found
