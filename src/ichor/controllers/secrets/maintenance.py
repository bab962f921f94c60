"""Maintenance: without a configuration the API has to have some certificate.

    config/ActiveConfig (absent or partial) ─┐
    network/NodeAddress "current"           ─┴─► secrets/CertificateRequest "maintenance"

Its fingerprint is shown on the console: a client pins it, as there is nobody yet who vouches.
"""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.certificate import CertificateRequest, Issuer

MAINTENANCE = "maintenance"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None
    addresses: Annotated[NodeAddress | None, Get("network", NODE_ADDRESS_CURRENT_ID)] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, CertificateRequest]]:
    if inputs.config is not None and inputs.config.value.is_complete:
        return
    own = inputs.addresses.addresses if inputs.addresses else ()
    yield (
        MAINTENANCE,
        CertificateRequest(
            issuer=Issuer.SELF,
            common_name="maintenance-service.talos.dev",
            ips=tuple(sorted({"127.0.0.1", *(str(ip_interface(prefix).ip) for prefix in own)})),
            lifetime=timedelta(days=365),
        ),
    )


maintenance = Transform(
    name="secrets.Maintenance",
    inputs=Inputs,
    outputs=[Out(CertificateRequest)],
    reconcile=reconcile,
)
