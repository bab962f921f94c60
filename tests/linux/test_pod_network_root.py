"""Two nodes in namespaces of their own: the plan's tunnel carries pings between their pods.

One process per node; a third namespace is not needed, as a veth pair is the wire. The pod of a
node is its bridge's own address.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.controllers.k8s.test_pod_network_apply import inputs as made_inputs
from tests.fresh import ROOT

from ichor.controllers.k8s.pod_network_apply import plan
from ichor.controllers.k8s.pod_network_inputs import Inputs
from ichor.linux.network import KernelNetwork
from ichor.ports.network import Add, Address, Bridge, CreateLink, SetLink
from ichor.resources.k8s.node import Nodename
from ichor.resources.network.address import AddressStatus

pytestmark = pytest.mark.root


def inputs(own: int, *numbers: int) -> Inputs:
    status = AddressStatus(
        address=f"10.5.0.{own + 2}/24", local=f"10.5.0.{own + 2}", link_name="eth0"
    )
    base = made_inputs(*numbers)
    return replace(base, own=Nodename(nodename=f"n{own}"), addresses=(status,))


def settle(wanted: Inputs) -> int:
    port = KernelNetwork()
    done = 0
    for _ in range(4):
        actions = list(plan(wanted, port.observe()))
        for action in actions:
            port.apply(action)
        done += len(actions)
    assert list(plan(wanted, port.observe())) == [], list(plan(wanted, port.observe()))
    return done


def node(own: int) -> None:
    """Be a node: its underlay comes from outside; then obey lines of standard input."""
    print("here", flush=True)
    port = KernelNetwork()
    for line in sys.stdin:
        match line.split():
            case ["up"]:
                port.apply(SetLink(name="lo", up=True))
                port.apply(SetLink(name="eth0", up=True))
                port.apply(Add(what=Address(link="eth0", address=f"10.5.0.{own + 2}/24")))
                port.apply(CreateLink(name="cni0", kind=Bridge()))
                port.apply(SetLink(name="cni0", up=True))
                port.apply(Add(what=Address(link="cni0", address=f"10.244.{own}.1/24")))
                Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
                print("ok", flush=True)
            case ["nodes", *numbers]:
                print(settle(inputs(own, *map(int, numbers))), flush=True)
            case ["ping", address]:
                print(int(ping(address, f"10.244.{own}.1")), flush=True)
            case ["undo"]:
                settle(replace(inputs(own), nodes=made_inputs(told={}).nodes))
                names = sorted(link.name for link in port.observe().links)
                print(" ".join(names), flush=True)
            case _:
                return


def ping(address: str, source: str) -> bool:
    """Send one echo request of 1422 octets, the most that fits a pod's MTU, and await the reply."""
    import socket
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.bind((source, 0))
        sock.settimeout(2)
        body = bytes(1414)
        head = struct.pack("!BBHHH", 8, 0, 0, 7, 1)
        total = sum(struct.unpack(f"!{len(head + body) // 2}H", head + body))
        total = (total >> 16) + (total & 0xFFFF)
        checksum = ~(total + (total >> 16)) & 0xFFFF
        try:
            sock.sendto(struct.pack("!BBHHH", 8, 0, checksum, 7, 1) + body, (address, 0))
            return any(sock.recv(4096)[20] == 0 for _ in range(3))
        except OSError:  # no route, or no reply in time
            return False


class Node:
    def __init__(self, own: int) -> None:
        code = f"from tests.linux.test_pod_network_root import node; node({own})"
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "here"

    def tell(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self._read()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def connect(one: Node, two: Node) -> None:
    """Lay a wire whose ends are made inside, so that nothing is ever on the host."""
    first, second = (str(node.process.pid) for node in (one, two))
    words = ["ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", second]
    subprocess.run(["nsenter", "--net", "-t", first, *words], check=True)


def test_a_ping_goes_from_pod_to_pod_while_both_nodes_are_members() -> None:
    nodes = [Node(0), Node(1)]
    try:
        connect(*nodes)
        for node in nodes:
            assert node.tell("up") == "ok"
        assert [int(node.tell("nodes 0 1")) for node in nodes] == [6, 6]
        assert nodes[0].tell("ping 10.244.1.1") == "1"
        assert nodes[1].tell("ping 10.244.0.1") == "1"
        assert nodes[0].tell("nodes 0 1") == "0"  # nothing more to do
        assert int(nodes[0].tell("nodes 0")) == 3  # route, neighbour, forwarding entry go
        assert nodes[0].tell("ping 10.244.1.1") == "0"
        assert int(nodes[0].tell("nodes 0 1")) == 3
        assert nodes[0].tell("ping 10.244.1.1") == "1"
        assert nodes[0].tell("undo") == "cni0 eth0 lo"
    finally:
        for node in nodes:
            node.end()
