"""DiscoveryConfig: which services this node announces itself to.

    config/ActiveConfig: DiscoveryServiceConfig (all), DiscoveryIdentityConfig
        ─► config/DiscoveryConfig "cluster"

No service is contacted that no document names. `http://` is plaintext, which is no weakness of
what is kept there: descriptions are sealed with the cluster's secret either way.
"""

import base64
from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Struct

from ichor.config.container import Config
from ichor.config.documents.discovery_service import DiscoveryServiceConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.cluster.identity import DiscoveryConfig, ServiceEndpoint
from ichor.resources.cluster.ids import CONFIG_ID
from ichor.resources.config.active import ID, ActiveConfig


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, DiscoveryConfig]]:
    config = inputs.config.value
    identity = config.cluster_identity
    services = tuple(service_endpoints(config)) if identity else ()
    if identity is None or not services:
        yield CONFIG_ID, DiscoveryConfig()
        return
    yield (
        CONFIG_ID,
        DiscoveryConfig(
            discovery_enabled=True,
            registry_service_enabled=True,
            service_endpoint=services[0].endpoint,
            service_endpoint_insecure=services[0].insecure,
            service_encryption_key=base64.b64decode(identity.cluster_secret.reveal()),
            service_cluster_id=identity.cluster_id,
            service_endpoints=services,
        ),
    )


def service_endpoints(config: Config) -> Iterator[ServiceEndpoint]:
    """Read each document's URL as `host:port` and whether it is plaintext."""
    for name, document in config.named(DiscoveryServiceConfig).items():
        url = urlsplit(document.endpoint)
        is_plain = url.scheme == "http"
        host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
        port = url.port or (80 if is_plain else 443)
        yield ServiceEndpoint(name=name, endpoint=f"{host}:{port}", insecure=is_plain)


discovery_config = Transform(
    name="cluster.Config", inputs=Inputs, outputs=[Out(DiscoveryConfig)], reconcile=reconcile
)
