"""NodeIP: by which addresses this node registers.

config/ActiveConfig                 ─► k8s/NodeIPConfig "kubelet"
k8s/NodeIPConfig "kubelet"          ─┐
network/NodeAddress "routed-no-k8s" ─┴─► k8s/NodeIP "kubelet"

One address of each family that pods have, the first that lies in a valid subnet; without subnets
in the configuration any will do. `!10.0.0.0/8` leaves addresses out.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_interface, ip_network
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.k8s.ids import KUBELET_ID, NODE_ADDRESS_FILTER_NO_K8S
from ichor.resources.k8s.node import NodeIP, NodeIPConfig
from ichor.resources.network.ids import NODE_ADDRESS_ROUTED_ID
from ichor.resources.network.node_address import NodeAddress

_ANY = {4: "0.0.0.0/0", 6: "::/0"}


class ConfigInputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", CONFIG_ID)]


def choose(inputs: ConfigInputs) -> Iterator[tuple[str, NodeIPConfig]]:
    config = inputs.config.value
    if not config.has_kubernetes:
        return
    document = config.one(KubeNodeConfig)
    subnets = document.node_ip.valid_subnets if document else ()
    valid = tuple(subnet for subnet in subnets if not subnet.startswith("!"))
    families = sorted({ip_network(subnet).version for subnet in config.network.pod_subnets})
    yield (
        KUBELET_ID,
        NodeIPConfig(
            valid_subnets=valid or tuple(_ANY[version] for version in families),
            exclude_subnets=tuple(one.removeprefix("!") for one in subnets if one not in valid),
        ),
    )


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[NodeIPConfig, Get("k8s", KUBELET_ID)]
    addresses: Annotated[
        NodeAddress, Get("network", f"{NODE_ADDRESS_ROUTED_ID}-{NODE_ADDRESS_FILTER_NO_K8S}")
    ]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, NodeIP]]:
    routed = [ip_interface(address).ip for address in inputs.addresses.addresses]
    fitting = [
        address
        for address in routed
        if within(address, inputs.wanted.valid_subnets)
        and not within(address, inputs.wanted.exclude_subnets)
    ]
    first = {address.version: address for address in reversed(fitting)}
    chosen = tuple(str(first[version]) for version in sorted(first))
    if chosen:
        yield KUBELET_ID, NodeIP(addresses=chosen)


def within(address: IPv4Address | IPv6Address, subnets: Sequence[str]) -> bool:
    return any(address in ip_network(subnet, strict=False) for subnet in subnets)


node_ip_config = Transform(
    name="k8s.NodeIPConfig", inputs=ConfigInputs, outputs=[Out(NodeIPConfig)], reconcile=choose
)
node_ip = Transform(name="k8s.NodeIP", inputs=Inputs, outputs=[Out(NodeIP)], reconcile=reconcile)
