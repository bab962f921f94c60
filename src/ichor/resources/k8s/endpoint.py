"""Where the Kubernetes API is, for this node and on it."""

from collections.abc import Iterable
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, Part


class Endpoint(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Endpoints.kubernetes.talos.dev",
        namespace="controlplane",
        aliases=("endpoint",),
        columns={"Addresses": "{.addresses}", "Hosts": "{.hosts}"},
    )
    addresses: tuple[Address, ...] = ()
    hosts: tuple[str, ...] = ()


def merged(endpoints: Iterable[Endpoint]) -> tuple[str, ...]:
    """Give where control planes are, each once: addresses, then names that need a resolver."""
    known = tuple(endpoints)
    addresses = (address for endpoint in known for address in endpoint.addresses)
    hosts = (host for endpoint in known for host in endpoint.hosts)
    return tuple(dict.fromkeys((*addresses, *hosts)))


class KubePrismTarget(Part, frozen=True, kw_only=True):
    host: str = ""
    port: int = 0


class KubePrismConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubePrismConfigs.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeprismconfig", "kpc", "kpcs"),
        columns={"Host": "{.host}", "Port": "{.port}", "Endpoints": "{.endpoints}"},
    )
    host: str = ""
    port: int = 0
    endpoints: tuple[KubePrismTarget, ...] = ()


class KubePrismEndpoint(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubePrismEndpoints.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeprismendpoint", "kpe", "kpes"),
        columns={"Hosts": "{.endpoints[*].host}", "Ports": "{.endpoints[*].port}"},
    )
    endpoints: tuple[KubePrismTarget, ...] = ()


class KubePrismStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KubePrismStatuses.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("kubeprismstatus", "kps"),
        columns={"HOST": "{.host}", "HEALTHY": "{.healthy}"},
    )
    host: str = ""
    healthy: bool = False
