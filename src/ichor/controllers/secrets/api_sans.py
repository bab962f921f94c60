"""APISANs: the names and addresses by which this node's API is called.

    secrets/OSRootSecret "os"           ─┐
    network/HostnameStatus "hostname"   ─┼─► union ─► secrets/CertSAN "api"
    network/NodeAddress "accumulative"  ─┤
    controlplane/Endpoint, MachineType  ─┘

A control plane also answers to the host of the cluster's endpoint, a name or a balancer's address:
machines that join find trustd there. Loopback is always in. Addresses that have been ours stay in,
so that a certificate survives a lease that changes and comes back.
"""

from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.k8s.ids import (
    CONTROL_PLANE_KUBERNETES_ENDPOINTS_ID,
    CONTROL_PLANE_NAMESPACE_NAME,
)
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, NODE_ADDRESS_ACCUMULATIVE_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.ids import CERTSAN_API_ID, OS_ROOT_ID
from ichor.resources.secrets.os import CertSAN, OSRootSecret


class Inputs(Struct, frozen=True, kw_only=True):
    root: Annotated[OSRootSecret, Get("secrets", OS_ROOT_ID)]
    hostname: Annotated[HostnameStatus, Get("network", HOSTNAME_ID)]
    addresses: Annotated[NodeAddress, Get("network", NODE_ADDRESS_ACCUMULATIVE_ID)]
    machine: Annotated[MachineType | None, Get("config", MACHINE_TYPE_ID)] = None
    endpoint: Annotated[
        Endpoint | None, Get(CONTROL_PLANE_NAMESPACE_NAME, CONTROL_PLANE_KUBERNETES_ENDPOINTS_ID)
    ] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, CertSAN]]:
    host = inputs.hostname.hostname
    fqdn = f"{host}.{inputs.hostname.domainname}".rstrip(".")
    ours = inputs.endpoint if is_plane(inputs) and inputs.endpoint else Endpoint()
    own = (str(ip_interface(prefix).ip) for prefix in inputs.addresses.addresses)
    yield (
        CERTSAN_API_ID,
        CertSAN(
            ips=tuple(
                sorted({"127.0.0.1", "::1", *own, *inputs.root.cert_san_ips, *ours.addresses})
            ),
            dns_names=tuple(
                sorted({"localhost", host, fqdn, *inputs.root.cert_san_dns_names, *ours.hosts})
            ),
            fqdn=fqdn,
        ),
    )


def is_plane(inputs: Inputs) -> bool:
    return inputs.machine is not None and inputs.machine.type is not MachineKind.WORKER


api_sans = Transform(
    name="secrets.APISANs", inputs=Inputs, outputs=[Out(CertSAN)], reconcile=reconcile
)
