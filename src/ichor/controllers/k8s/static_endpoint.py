"""StaticEndpoint: the host of the configured control plane endpoint, known before all others.

    config/ActiveConfig ─► host of KubeClusterConfig's endpoint ─► controlplane/Endpoint

With it a worker finds trustd where there is no discovery service, which is the default.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.k8s.ids import CONTROL_PLANE_KUBERNETES_ENDPOINTS_ID


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Endpoint]]:
    host = urlsplit(inputs.config.value.endpoint).hostname
    if host:
        yield CONTROL_PLANE_KUBERNETES_ENDPOINTS_ID, endpoint(host)


def endpoint(host: str) -> Endpoint:
    """Tell an address, which can be dialled at once, from a name."""
    try:
        return Endpoint(addresses=(str(ip_address(host)),))
    except ValueError:
        return Endpoint(hosts=(host,))


static_endpoint = Transform(
    name="k8s.StaticEndpoint", inputs=Inputs, outputs=[Out(Endpoint)], reconcile=reconcile
)
