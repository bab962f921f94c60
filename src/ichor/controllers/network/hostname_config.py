"""HostnameConfig: names that the configuration and the node's identity offer.

    config/ActiveConfig      ─┐
    cluster/Identity "local" ─┴─► network-config/HostnameSpec "default/hostname"
                                  network-config/HostnameSpec "configuration/hostname"

A name that is given wins over one that is made: `auto: stable` gives the same name to the same
identity for ever. With a dot, what follows it is the domain.
"""

import hashlib
from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.hostname import HostnameConfig
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.cluster.identity import Identity
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.hostname import HostnameSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Layer


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None
    identity: Annotated[Identity | None, Get("cluster", "local")] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    document = inputs.config.value.one(HostnameConfig) if inputs.config else None
    if document is not None and document.hostname:
        host, _, domain = document.hostname.partition(".")
        yield offer("configuration/hostname", host, domain, Layer.CONFIGURATION)
    if inputs.identity is not None and (document is None or document.auto != "off"):
        yield offer("default/hostname", stable_name(inputs.identity.node_id), "", Layer.DEFAULT)


def offer(id: str, host: str, domain: str, layer: Layer) -> Output:
    spec = HostnameSpec(hostname=host, domainname=domain, layer=layer)
    return Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def stable_name(node_id: str) -> str:
    """Name a node by its id: the same id always gives the same `ichor-xxxxxx`."""
    return f"ichor-{hashlib.sha256(node_id.encode()).hexdigest()[:6]}"


hostname_config = Transform(
    name="network.HostnameConfig",
    inputs=Inputs,
    outputs=[Out(HostnameSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
