"""A host of its own for the egress test: run under `unshare --net --mount`, prints what it saw.

    node netns ── hub netns ── this netns (the host) ── netns "world", where a server listens

The host's real namespace is not touched. One line a finding; the test asserts on them.
"""

import os
import socket
from pathlib import Path

from pyroute2 import IPRoute

from ichor.linux.libc import mount
from ichor.provision import egress, inventory, network
from ichor.provision import name as names
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster
from ichor.provision.syscalls import network_namespace

WORLD = "203.0.113.1"
HOST = "203.0.113.2"
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def world() -> Path:
    path = names.NETNS / "world"
    network.make_namespace(path)
    target = os.open(path, os.O_RDONLY)
    with IPRoute() as host, network_namespace(path), IPRoute() as far:
        host.link("set", index=1, state="up")
        host.link("add", ifname="wan", kind="veth", peer={"ifname": "wan", "net_ns_fd": target})
        for route, address in ((host, HOST), (far, WORLD)):
            index = network.index(route, "wan")
            route.addr("add", index=index, address=address, prefixlen=24)
            route.link("set", index=index, state="up")
    os.close(target)
    return path


def make(name: str, subnet: str) -> Cluster:
    cluster = plan(Request(name=name, root=Path("none"), workers=0, subnet=subnet, egress=True))
    network.make_hub(cluster)
    egress.add(cluster)
    network.make_node(cluster.nodes[0])
    return cluster


def peer_seen(cluster: Cluster, server: socket.socket) -> str:
    """Dial the world from the cluster's node; give the address the world saw, or the error."""
    with network_namespace(names.namespace(cluster.name, cluster.nodes[0].name)):
        client = socket.socket()
    client.settimeout(5)
    try:
        client.connect((WORLD, server.getsockname()[1]))
    except OSError as err:
        return str(err)
    return str(server.accept()[1][0])


def remove(cluster: Cluster) -> None:
    egress.remove(cluster.name)
    for path in network.namespaces(cluster.name):
        network.remove_namespace(path)


def changed(before: inventory.Snapshot) -> list[str]:
    """Give what differs now; the machine's other processes and cgroups are not our matter."""
    lines = inventory.compare(before, inventory.snapshot())
    return [line for line in lines if line[2:].startswith(("mounts", "links", "tables", "sysctls"))]


def main() -> None:
    mount("tmpfs", "/run", "tmpfs")
    FORWARDING.write_text("0\n")
    path = world()
    with network_namespace(path):
        server = socket.create_server((WORLD, 0))
    before = inventory.snapshot()
    one, two = make("one", "10.7.0.0/24"), make("two", "10.8.0.0/24")
    print("one", peer_seen(one, server))
    print("two", peer_seen(two, server))
    print("forwarding", FORWARDING.read_text().strip())
    print(
        "listed", [line for line in inventory.of_cluster("one") if "nft" in line or "link" in line]
    )
    remove(one)
    print("two alone", peer_seen(two, server), FORWARDING.read_text().strip())
    remove(two)
    print("after", FORWARDING.read_text().strip(), changed(before))
    remove(two)


if __name__ == "__main__":
    main()
