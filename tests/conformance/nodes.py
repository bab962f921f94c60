"""Stores of whole nodes: what the product's controllers make of a configuration, and recordings."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace as replace_link
from tests.conformance.documents import base, generated

from ichor.apps.machined import wiring
from ichor.apps.machined.offline import Held, HeldFar, Said, adapters, of_machine, offline
from ichor.apps.machined.site import CONTAINER
from ichor.config.encode import encode
from ichor.cosi.controller import Controller, Transform
from ichor.cosi.memory import Memory
from ichor.cosi.operation import Operation
from ichor.cosi.plan import contents as all_contents
from ichor.cosi.resource import Key, Spec, key_of
from ichor.errors import FormatError
from ichor.models import kube_node_edit, network
from ichor.ports.kube_node_edit import NodeMeta
from ichor.ports.network import Action as NetworkAction
from ichor.ports.network import Address, Bridge, Link, Network, Route
from ichor.resources.cluster.identity import Identity
from ichor.resources.config.active import ActiveConfig
from ichor.resources.config.generation import ConfigGeneration, generation_id
from ichor.resources.etcd.bootstrap import ID as BOOTSTRAP_ID
from ichor.resources.etcd.bootstrap import EtcdBootstrap
from ichor.resources.files.file import FileSpec
from ichor.resources.k8s.kube_node import KubeNode
from ichor.resources.network.ethernet_status import (
    EthernetChannelsStatus,
    EthernetFeatureStatus,
    EthernetRingsStatus,
    EthernetStatus,
)
from ichor.resources.registry import spec_class
from ichor.resources.runtime.boot import BootID
from ichor.resources.runtime.host import ID as HOST_ID
from ichor.resources.runtime.host import HostFacts
from ichor.resources.runtime.mount import MountStatus
from ichor.resources.runtime.service_spec import ServiceSpec
from ichor.resources.secrets.roots import ID as ROOTS_ID
from ichor.resources.secrets.roots import ImageRoots
from ichor.resources.wire.text import from_yaml
from ichor.testing.engine import START, World, run
from ichor.testing.recorded import inputs_of

RECORDED = Path(__file__).parents[1] / "recorded"
KINDS = ("controlplane", "worker", *sorted(path.stem for path in RECORDED.glob("*.json")))
LEFT_OUT = (ActiveConfig, FileSpec, ServiceSpec)
CONFIGURATION = key_of(ConfigGeneration, generation_id(1))
NODE = "ichor-689f6a"  # what `auto: stable` makes of the identity below
NETWORK = Network(
    links=(
        Link(name="lo", index=1, loopback=True, mtu=65536, up=True, running=True),
        Link(name="eth0", index=2, mtu=1500, up=True, running=True, operational="up"),
    ),
    addresses=(Address(link="eth0", address="192.0.2.10/24"),),
)
ETH0 = Link(name="eth0", physical=True, mtu=1500, up=True, running=True, multicast=False)
# A machine's, and a link that is another's port.
MACHINE = Network(
    links=(
        *NETWORK.links[:1],
        *(
            replace_link(
                ETH0, name=f"eth{number}", index=number + 2, mac=f"02:00:5e:00:53:{number:02x}"
            )
            for number in range(6)
        ),
        Link(name="br9", index=9, kind=Bridge(), mtu=1500, up=True),
    ),
    addresses=NETWORK.addresses,
    routes=(
        Route(destination="192.0.2.0/24", link="eth0", source="192.0.2.10", protocol=2, scope=253),
    ),
)
CARDS = {
    "eth0": EthernetStatus(
        features=(EthernetFeatureStatus(name="rx-gro", status="off"),),
        rings=EthernetRingsStatus(rx_max=4096, rx=512),
        channels=EthernetChannelsStatus(combined_max=4, combined=4),
    )
}
NODES = {
    NODE: KubeNode(pod_cidrs=("10.244.0.0/24",), addresses=("192.0.2.10",)),
    "other": KubeNode(pod_cidrs=("10.244.1.0/24",), addresses=("192.0.2.11",)),
}


@cache
def store_of(kind: str) -> Memory:
    path = RECORDED / f"{kind}.json"
    if path.exists():
        return recorded(path)
    return settled(kind, connected(), encode(base(kind))).state


def connected(*, is_container: bool = True) -> tuple[Controller, ...]:
    """Give the product's controllers on a node that has an address, among the cluster's nodes."""
    world = adapters(CONTAINER)
    links: Held[Network, NetworkAction]
    links = Held(NETWORK if is_container else MACHINE, network.model)
    machine = None if is_container else of_machine(links, held=CARDS)
    own: HeldFar[NodeMeta | None, NodeMeta] = HeldFar(NodeMeta(name=NODE), kube_node_edit.model)
    joined = replace(world.networking, network=links, nodes=Said(NODES), own_node=own)
    return wiring.controllers(replace(world, network=links, networking=joined, machine=machine))


def settled(
    kind: str, controllers: Sequence[Controller], text: str = "", *, is_container: bool = True
) -> World:
    """Give a node that was configured and has come to rest."""
    world = World(controllers)
    world.put(BootID(boot_id="boot"), "boot-id")
    facts = HostFacts(is_container=is_container, cgroup_v1=True, restricts_oom=True)
    world.put(facts, HOST_ID)
    world.put(ImageRoots(certificates="of the image"), ROOTS_ID)
    world.put(Identity(node_id="identity"), "local")
    world.put(MountStatus(target="/var"), "EPHEMERAL")
    world.put(MountStatus(target="/system/imagecache/disk"), "IMAGECACHE")
    world.put(Operation(sequence="initialize", parameters={"boot": "b"}), "a")
    generation = ConfigGeneration(text=text or encode(generated(kind)), applied=START)
    world.put(generation, generation_id(1))
    if kind == "controlplane":
        world.put(EtcdBootstrap(), BOOTSTRAP_ID)
    world.settle()
    return world


def contents(world: World) -> Mapping[Key, object]:
    """What a reader sees: not versions, which count the ways there."""
    return {key: item.spec for key, item in all_contents(world.state).items()}


def recorded(path: Path) -> Memory:
    """Read a recording; what does not travel (LEFT_OUT) is derived from the rest."""
    world = World()
    for row in json.loads(path.read_text()):
        spec = from_yaml(row["spec"], spec_class(row["type"]))
        world.put(spec, row["id"], namespace=row["namespace"], labels=row["labels"])
    for kind in LEFT_OUT:
        for transform in offline():
            if isinstance(transform, Transform) and kind in {out.spec for out in transform.outputs}:
                derive(world, transform, kind)
    return world.state


def derive(world: World, transform: Transform[Struct], kind: type[Spec]) -> None:
    for given in inputs_of(world.state, transform, START):
        with suppress(FormatError):  # a key that was redacted
            for id, spec in run(transform, given).items():
                if isinstance(spec, kind):
                    world.put(spec, id)
