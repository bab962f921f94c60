"""HostDNSConfig: whether and where this node answers DNS itself.

    config/ActiveConfig ─► network/HostDNSConfig "config"
                           network-config/AddressSpec "host-dns/…" (the service addresses, on lo)

Programs of the node ask 127.0.0.53. Pods have a loopback of their own: with `forwardKubeDNSToHost`
they ask a link-local address of the node's, which the cluster's CoreDNS is told to forward to.
"""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated

from msgspec import Struct

from ichor.config.container import Config
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostdns import HostDNSConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, HOST_DNS_CONFIG_ID
from ichor.resources.network.kinds import Family, Layer, Scope

LISTEN = "127.0.0.53"
SERVICE = "169.254.116.108"
SERVICE_V6 = "fd54:616c:6f73::204f:5320:444e:531"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[Output]:
    config = inputs.config.value
    wanted = config.host_dns
    service, service_v6 = service_addresses(config)
    listen = ((LISTEN,) if wanted.enabled else ()) + tuple(filter(None, (service, service_v6)))
    yield Output(
        id=HOST_DNS_CONFIG_ID,
        spec=HostDNSConfig(
            enabled=wanted.enabled,
            listen_addresses=tuple(socket_address(address) for address in listen),
            service_host_dns_address=service,
            service_host_dns_address_v6=service_v6,
            resolve_member_names=wanted.enabled and wanted.resolve_member_names,
        ),
    )
    if service:
        yield loopback(f"{service}/32", Family.INET4)
    if service_v6:
        yield loopback(f"{service_v6}/128", Family.INET6)


def service_addresses(config: Config) -> tuple[str, str]:
    """Give the addresses for pods, one for each family pods have; empty where there is none."""
    wanted = config.host_dns
    if not (wanted.enabled and wanted.forward_kube_dns_to_host):
        return "", ""
    versions = {ip_network(subnet).version for subnet in config.network.pod_subnets}
    return SERVICE if 4 in versions else "", SERVICE_V6 if 6 in versions else ""


def socket_address(address: str) -> str:
    return f"[{address}]:53" if ":" in address else f"{address}:53"


def loopback(address: str, family: Family) -> Output:
    spec = AddressSpec(
        address=address,
        link_name="lo",
        family=family,
        scope=Scope.HOST,
        flags="permanent",
        layer=Layer.OPERATOR,
    )
    return Output(id=f"host-dns/{address}", spec=spec, namespace=CONFIG_NAMESPACE_NAME)


host_dns_config = Transform(
    name="network.HostDNSConfig",
    inputs=Inputs,
    outputs=[Out(HostDNSConfig), Out(AddressSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
