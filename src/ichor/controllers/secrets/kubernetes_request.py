"""KubernetesRequest: what the control plane's components should be certified for.

    secrets/KubernetesRootSecret "k8s"  ─┐
    network/HostnameStatus              ─┼─► secrets/CertificateRequest "k8s-*"
    network/NodeAddress "accumulative"  ─┘

They live for a year and are renewed at half of it, or when names and addresses change.
"""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.controllers.secrets.os_root import is_address
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, NODE_ADDRESS_ACCUMULATIVE_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.certificate import CertificateRequest, Issuer, Usage
from ichor.resources.secrets.ids import KUBERNETES_ROOT_ID
from ichor.resources.secrets.kubernetes import KubernetesRootSecret

API_SERVER = "k8s-apiserver"
KUBELET_CLIENT = "k8s-apiserver-kubelet-client"
FRONT_PROXY = "k8s-front-proxy-client"
CONTROLLER_MANAGER = "k8s-controller-manager"
SCHEDULER = "k8s-scheduler"
ADMIN = "k8s-admin"
MASTERS = "system:masters"
LIFETIME = timedelta(days=365)


class Inputs(Struct, frozen=True, kw_only=True):
    root: Annotated[KubernetesRootSecret, Get("secrets", KUBERNETES_ROOT_ID)]
    hostname: Annotated[HostnameStatus, Get("network", HOSTNAME_ID)]
    addresses: Annotated[NodeAddress, Get("network", NODE_ADDRESS_ACCUMULATIVE_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, CertificateRequest]]:
    names = sans(inputs)
    yield (
        API_SERVER,
        CertificateRequest(
            issuer=Issuer.KUBERNETES,
            common_name="kube-apiserver",
            organizations=("kube-master",),
            dns_names=tuple(sorted(name for name in names if not is_address(name))),
            ips=tuple(sorted(str(ip_address(name)) for name in names if is_address(name))),
            lifetime=LIFETIME,
        ),
    )
    yield KUBELET_CLIENT, client("apiserver-kubelet-client", MASTERS)
    yield FRONT_PROXY, client("front-proxy-client", issuer=Issuer.AGGREGATOR)
    for id, user in (
        (CONTROLLER_MANAGER, "system:kube-controller-manager"),
        (SCHEDULER, "system:kube-scheduler"),
    ):
        yield id, client(user, user)
    yield ADMIN, client("talos:admin", MASTERS)


def sans(inputs: Inputs) -> set[str]:
    host, domain = inputs.hostname.hostname, inputs.root.dns_domain
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
    return {
        *inputs.root.cert_sans,
        *inputs.root.api_server_ips,
        *service,
        f"kubernetes.default.svc.{domain}",
        "localhost",
        "127.0.0.1",
        host,
        f"{host}.{inputs.hostname.domainname}".rstrip("."),
        *(str(ip_interface(prefix).ip) for prefix in inputs.addresses.addresses),
    }


def client(user: str, *groups: str, issuer: Issuer = Issuer.KUBERNETES) -> CertificateRequest:
    return CertificateRequest(
        issuer=issuer,
        common_name=user,
        organizations=groups,
        usages=(Usage.CLIENT,),
        lifetime=LIFETIME,
    )


kubernetes_request = Transform(
    name="secrets.KubernetesRequest",
    inputs=Inputs,
    outputs=[Out(CertificateRequest)],
    reconcile=reconcile,
)
