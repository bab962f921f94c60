"""Diagnostics: what is set up so that it cannot work, told before anybody wonders why.

    config/ActiveConfig, network/NodeAddress "current" ─► runtime/Diagnostic

Who meets a fault of its own says so itself: etcd's distrust is a diagnostic of its membership.
"""

from collections.abc import Iterator
from ipaddress import ip_interface, ip_network
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.runtime.diagnostic import Diagnostic

OVERLAP_ID = "address-overlap"
OVERLAP = "this node's networks overlap with those of pods or services: traffic will go astray"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]
    addresses: Annotated[NodeAddress, Get("network", NODE_ADDRESS_CURRENT_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Diagnostic]]:
    found = tuple(overlaps(inputs))
    if found and inputs.config.value.has_kubernetes:
        yield OVERLAP_ID, Diagnostic(message=OVERLAP, details=found)


def overlaps(inputs: Inputs) -> Iterator[str]:
    network = inputs.config.value.network
    for what, subnets in (("pods", network.pod_subnets), ("services", network.service_subnets)):
        for subnet in map(ip_network, subnets):
            for own in (ip_interface(one) for one in inputs.addresses.addresses):
                if own.version == subnet.version and own.network.overlaps(subnet):
                    yield f"{own} and {subnet} of {what}"


diagnostics = Transform(
    name="runtime.Diagnostics", inputs=Inputs, outputs=[Out(Diagnostic)], reconcile=reconcile
)
