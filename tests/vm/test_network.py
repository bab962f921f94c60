"""A machine with three cards whose configuration has links of each kind: they are there, as their

resources say, and frames of a VLAN go through a bond of two cards.
"""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pytest
from tests.config import samples
from tests.vm.in_kernel import run
from tests.vm.press import Press
from tests.vm.upgrading import Machine

from ichor.cli.cluster_machines import disk_image
from ichor.config.encode import encode
from ichor.formats.yaml.values import load
from ichor.image import kernel
from ichor.image.cache import Cache, default_root
from ichor.proto.machine import machine_pb2 as pb
from ichor.protocols.ntp import packet
from ichor.provision import name as names
from ichor.provision import record, tap
from ichor.provision.syscalls import network_namespace
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
LINKS = """
---
apiVersion: v1alpha1
kind: LinkAliasConfig
name: spare
selector: {match: mac(link.permanent_addr) == "%s" && link.driver == "virtio_net"}
---
apiVersion: v1alpha1
kind: EthernetConfig
name: spare
features: {rx-gro: false}
---
apiVersion: v1alpha1
kind: BondConfig
name: bond0
links: [eth1, spare]
bondMode: active-backup
miimon: 100
mtu: 1400
addresses: [{address: 10.77.0.2/24}]
---
apiVersion: v1alpha1
kind: VLANConfig
name: bond0.7
vlanID: 7
parent: bond0
addresses: [{address: 10.77.7.2/24}]
routes: [{destination: 198.51.100.0/24, gateway: 10.77.7.1, metric: 5}]
---
apiVersion: v1alpha1
kind: DummyLinkConfig
name: dummy0
---
apiVersion: v1alpha1
kind: BridgeConfig
name: br1
links: [dummy0]
stp: {enabled: true}
addresses: [{address: "2001:db8:77::1/64"}]
---
apiVersion: v1alpha1
kind: VethConfig
name: v0
peer: {name: v1}
---
apiVersion: v1alpha1
kind: VRFConfig
name: red
table: "42"
links: [v1]
---
apiVersion: v1alpha1
kind: WireguardConfig
name: wg0
privateKey: mFB0b0l3cUxNQjFVQWxvS1BkSEFkUW5NR3dYaUVYMEc=
listenPort: 51820
peers: [{publicKey: xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=, allowedIPs: [10.9.0.0/24]}]
addresses: [{address: 10.9.0.1/32}]
---
apiVersion: v1alpha1
kind: BlackholeRouteConfig
name: 203.0.113.0/24
---
apiVersion: v1alpha1
kind: RoutingRuleConfig
name: "1000"
src: 10.77.7.0/24
table: "42"
---
apiVersion: v1alpha1
kind: TimeSyncConfig
ntp: {servers: [%s]}
"""
SLOW_S = 10  # how far the server's clock is behind ours; for so long our certificate is too young
Specs = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    work = tmp_path_factory.mktemp("network")
    press = Press(work)
    with trial(disk_image(), 768, links=3) as made:
        made.answered()
        server = record.load(cluster_of(made)).gateway
        with told_by(cluster_of(made), server):
            (node,) = record.load(cluster_of(made)).nodes
            spare = names.hardware_address(tap.card(node, 2))
            text = encode(samples.control_plane()) + LINKS % (spare, server)
            request = pb.ApplyConfigurationRequest(data=text.encode())
            made.ask("ApplyConfiguration", pb.ApplyConfigurationResponse, request)
            yield Machine(made, press, work)


def cluster_of(made: Trial) -> str:
    return made.directory.parents[1].name


@contextmanager
def told_by(cluster: str, address: str) -> Iterator[None]:
    """Tell the time in the hub's namespace, by our codec: a clock that is slow."""
    with network_namespace(names.hub(cluster)):
        serving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with serving:
        serving.bind((address, packet.PORT))
        threading.Thread(target=tell, args=(serving,), daemon=True).start()
        yield


def tell(serving: socket.socket) -> None:
    with suppress(OSError):  # it was closed
        while True:
            data, sender = serving.recvfrom(1024)
            now = packet.stamp(time.time() - SLOW_S)
            said = packet.Packet(
                mode=packet.SERVER,
                stratum=2,
                origin=packet.parse(data).transmitted,
                received=now,
                transmitted=now,
            )
            serving.sendto(packet.build(said), sender)


def resources(machine: Machine, kind: str, *more: str) -> Specs:
    said = machine.until_ok("get", kind, "-o", "yaml", *more)
    found: Specs = {}
    for document in cast("list[dict[str, dict[str, object]]]", load(said)):
        found[str(document["metadata"]["id"])] = document["spec"]
    return found


def until(machine: Machine, kind: str, ids: set[str]) -> Specs:
    while not ids <= (found := resources(machine, kind)).keys():
        missing = ids - found.keys()
        machine.trial.check_hope(f"no {kind} {missing}")
        time.sleep(0.5)
    return found


def test_links_come_up_as_their_status_says(machine: Machine) -> None:
    until(machine, "addresses", {"bond0.7/10.77.7.2/24", "wg0/10.9.0.1/32"})
    links = until(machine, "links", {"bond0", "bond0.7", "br1", "dummy0", "v0", "v1", "red", "wg0"})
    print(json.dumps({name: link["kind"] for name, link in links.items()}))
    index = {name: link["index"] for name, link in links.items()}
    kinds = {name: links[name]["kind"] for name in ("bond0", "bond0.7", "br1", "red", "wg0", "v0")}
    assert list(kinds.values()) == ["bond", "vlan", "bridge", "vrf", "wireguard", "veth"]
    bond = cast("dict[str, object]", links["bond0"]["bondMaster"])
    assert (bond["mode"], bond["miimon"], links["bond0"]["mtu"]) == ("active-backup", 100, 1400)
    assert links["eth1"]["masterIndex"] == links["eth2"]["masterIndex"] == index["bond0"]
    assert links["eth2"]["alias"] == "spare"
    assert str(links["eth2"]["pciID"]).startswith("1AF4:")
    assert links["dummy0"]["masterIndex"] == index["br1"]
    assert links["v1"]["masterIndex"] == index["red"]
    assert links["bond0.7"]["vlan"] == {"vlanID": 7, "vlanProtocol": "802.1q"}
    assert links["bond0.7"]["linkState"] is True
    assert str(links["red"]["vrfMaster"]) == "{'table': '42'}"
    wireguard = cast("dict[str, object]", links["wg0"]["wireguard"])
    assert wireguard["listenPort"] == 51820
    assert "privateKey" not in wireguard


def test_a_card_is_told_what_its_document_says(machine: Machine) -> None:
    def features(link: str) -> dict[str, str]:
        said = resources(machine, "ethernetstatus")[link]["features"]
        return {one["name"]: one["status"] for one in cast("list[dict[str, str]]", said)}

    while features("eth2")["rx-gro"] != "off":
        machine.trial.check_hope("eth2 still has rx-gro")
        time.sleep(0.5)
    assert features("eth1")["rx-gro"] == "on"


def test_routes_and_rules_are_there(machine: Machine) -> None:
    routes = until(
        machine,
        "routes",
        {"bond0.7/inet4/10.77.7.1/198.51.100.0/24/5", "/inet4//203.0.113.0/24/1024"},
    )
    assert routes["/inet4//203.0.113.0/24/1024"]["type"] == "blackhole"
    rules = until(machine, "routingrules", {"inet4/01000"})
    assert (rules["inet4/01000"]["src"], str(rules["inet4/01000"]["table"])) == (
        "10.77.7.0/24",
        "42",
    )


def test_the_clock_is_set_by_the_server_that_is_named(machine: Machine) -> None:
    while not (status := resources(machine, "timestatus")["node"])["epoch"]:
        machine.trial.check_hope(f"the clock is not set: {status}")
        time.sleep(0.5)
    assert (status["synced"], status["epoch"]) == (True, 1)
    adjtime = resources(machine, "adjtimestatus")["node"]
    print(f"time: {status}, {adjtime}")
    assert adjtime["syncStatus"] is True
    _, _, said = machine.trial.console.partition("the clock was set")
    seconds = float(said.partition("seconds=")[2].split()[0].strip('"'))
    assert SLOW_S - 2 < -seconds < SLOW_S + 2  # the battery's clock counts whole seconds
    # Its certificate is of its own time, and good in ours: the API goes on answering.
    assert resources(machine, "timeservers")["timeservers"]["timeServers"]


def test_frames_of_the_vlan_go_through_the_bond(machine: Machine) -> None:
    """Ask for the hardware address behind 10.77.7.2, within VLAN 7 (RFC 826, IEEE 802.1Q)."""
    cluster = cluster_of(machine.trial)
    bond = resources(machine, "links")["bond0"]["hardwareAddr"]
    with network_namespace(names.hub(cluster)):
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    with wire:
        wire.bind((names.BRIDGE, 0x0003))
        wire.settimeout(5)
        own = wire.getsockname()[4]  # the bridge's: to others' it would not listen
        asked = b"\xff" * 6 + own + struct.pack("!HHH", 0x8100, 7, 0x0806)
        asked += struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + own + bytes([10, 77, 7, 1])
        asked += bytes(6) + bytes([10, 77, 7, 2])
        wire.send(asked)
        answer = heard(wire, bytes([10, 77, 7, 2]))
    assert answer.hex(":") == bond


def heard(wire: socket.socket, sender: bytes) -> bytes:
    """Give the hardware address of who answers by ARP for this address."""
    while True:
        frame = wire.recv(2048)
        at = frame.find(struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2))
        if at > 0 and frame[at + 14 : at + 18] == sender:
            return frame[at + 8 : at + 14]


def test_the_kernel_does_with_links_of_each_kind_what_the_model_says(tmp_path: Path) -> None:
    cache = Cache(default_root())
    image = cache.path(kernel.kernel_step(cache, "test")) / "bzImage"
    said = run("tests.vm.links:scenario", image, tmp_path)
    print("\n".join(line for line in said.splitlines() if "actions" in line))
