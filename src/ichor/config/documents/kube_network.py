"""Networks of pods and services, and the domain of their names."""

import ipaddress
from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault
from ichor.config.field import ALWAYS, CIDR, DNS, REPLACE, Range

Networks = Annotated[tuple[Annotated[str, CIDR], ...], ALWAYS, REPLACE]


class KubeNetworkConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeNetworkConfig"

    dns_domain: Annotated[str, DNS, ALWAYS] = "cluster.local"
    pod_subnets: Networks
    service_subnets: Networks
    node_cidr_mask_size_ipv4: Annotated[int, Range(1, 32)] = field(
        name="nodeCIDRMaskSizeIPv4", default=24
    )
    node_cidr_mask_size_ipv6: Annotated[int, Range(1, 128)] = field(
        name="nodeCIDRMaskSizeIPv6", default=64
    )

    def faults(self) -> Iterator[Fault]:
        for name, subnets in (
            ("podSubnets", self.pod_subnets),
            ("serviceSubnets", self.service_subnets),
        ):
            if not subnets:
                yield Fault(name, "expected at least one network")
            elif len(subnets) > 2 or len({_family(subnet) for subnet in subnets}) < len(subnets):
                yield Fault(name, "expected one network of each address family")
        for pods in self.pod_subnets:
            for services in self.service_subnets:
                if _overlap(pods, services):
                    yield Fault("serviceSubnets", f"{services} overlaps pod network {pods}")
            if _family(pods) == 4 and _length(pods) > self.node_cidr_mask_size_ipv4:
                yield Fault("podSubnets", f"{pods} has no room for a node's network")


def _family(network: str) -> int:
    return ipaddress.ip_network(network, strict=False).version


def _length(network: str) -> int:
    return ipaddress.ip_network(network, strict=False).prefixlen


def _overlap(one: str, other: str) -> bool:
    return ipaddress.ip_network(one, strict=False).overlaps(
        ipaddress.ip_network(other, strict=False)
    )
