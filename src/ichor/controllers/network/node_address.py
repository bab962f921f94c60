"""NodeAddress: by which addresses the node is known.

    network/AddressStatus (all)     ─┐
    network/LinkStatus (all)        ─┤
    network/OperatorSpec (all)      ─┼─► network/NodeAddress "default", "current", "routed",
    network/NodeAddressFilter (all) ─┘   "accumulative", and each of them with "-<filter>"

    current       every global address of a physical link, or of one made by this configuration,
                  but for those that are shared: they are of whoever is elected
    routed        current without those that lead nowhere (host routes on loopback)
    default       the first of routed: what /etc/hosts says; of a tunnel, a dummy or a VRF only
                  where no other link has one
    accumulative  what certificates name; equal to current, since addresses here do not wander

IPv4 before IPv6, then by number, so that the order does not depend on the kernel's.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Interface, IPv6Interface, ip_interface, ip_network
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.ids import (
    NODE_ADDRESS_ACCUMULATIVE_ID,
    NODE_ADDRESS_CURRENT_ID,
    NODE_ADDRESS_DEFAULT_ID,
    NODE_ADDRESS_ROUTED_ID,
)
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.network.node_address import NodeAddress, NodeAddressFilter
from ichor.resources.network.operator import OperatorSpec

Interface = IPv4Interface | IPv6Interface
# Addresses of the cluster inside the node: the pod network's links, not the node's.
_LAST = ("wireguard", "dummy", "vrf")  # kinds of links: nobody reaches a node there by default
_NOT_OURS = ("cni", "flannel.", "veth", "kube-", "lo")


class Inputs(Struct, frozen=True, kw_only=True):
    addresses: Annotated[Sequence[AddressStatus], All("network")] = ()
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}
    filters: Annotated[Mapping[str, NodeAddressFilter], All("network")] = {}
    operators: Annotated[Sequence[OperatorSpec], All("network")] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, NodeAddress]]:
    current = sorted(
        {
            ip_interface(one.address)
            for one in inputs.addresses
            if not one.link_name.startswith(_NOT_OURS)
        },
        key=order,
    )
    shared = {one.vip.ip for one in inputs.operators if one.vip is not None}
    current = [
        one
        for one in current
        if not (one.ip.is_loopback or one.ip.is_link_local or str(one.ip) in shared)
    ]
    yield NODE_ADDRESS_CURRENT_ID, node_address(current)
    yield NODE_ADDRESS_ROUTED_ID, node_address(current)
    yield NODE_ADDRESS_ACCUMULATIVE_ID, node_address(current)
    if current:
        yield NODE_ADDRESS_DEFAULT_ID, node_address([default_of(current, inputs)])
    for name, wanted in inputs.filters.items():
        kept = [one for one in current if passes(one, wanted)]
        for id in (NODE_ADDRESS_CURRENT_ID, NODE_ADDRESS_ROUTED_ID, NODE_ADDRESS_ACCUMULATIVE_ID):
            yield f"{id}-{name}", node_address(kept)


def default_of(current: Sequence[Interface], inputs: Inputs) -> Interface:
    last = {name for name, link in inputs.links.items() if link.kind in _LAST}
    held = {ip_interface(one.address) for one in inputs.addresses if one.link_name not in last}
    return next((one for one in current if one in held), current[0])


def order(interface: Interface) -> tuple[int, int]:
    return interface.version, int(interface)


def node_address(interfaces: Sequence[Interface]) -> NodeAddress:
    return NodeAddress(addresses=tuple(str(interface) for interface in interfaces))


def passes(interface: Interface, wanted: NodeAddressFilter) -> bool:
    def within(subnets: Sequence[str]) -> bool:
        return any(interface.ip in ip_network(subnet) for subnet in subnets)

    included = not wanted.include_subnets or within(wanted.include_subnets)
    return included and not within(wanted.exclude_subnets)


node_addresses = Transform(
    name="network.NodeAddress", inputs=Inputs, outputs=[Out(NodeAddress)], reconcile=reconcile
)
