"""APIService: how apid listens.

    config/ActiveConfig           ─┐
    secrets/ApiCertificate "api"  ─┴─► runtime/APIServiceConfig "apid"

In maintenance mode apid asks for no client certificate, gives every caller the role of a reader,
and forwards nothing to other nodes.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.runtime.ids import API_SERVICE_CONFIG_ID
from ichor.resources.runtime.maintenance import APIServiceConfig
from ichor.resources.secrets.api import ApiCertificate
from ichor.resources.secrets.ids import API_ID

LISTEN = ":50000"


class Inputs(Struct, frozen=True, kw_only=True):
    certificate: Annotated[ApiCertificate, Get("secrets", API_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, APIServiceConfig]]:
    in_maintenance = inputs.certificate.skip_verifying_client_cert
    yield (
        API_SERVICE_CONFIG_ID,
        APIServiceConfig(
            listen_address=LISTEN,
            node_routing_disabled=in_maintenance,
            readonly_role_mode=in_maintenance,
            skip_verifying_client_cert=in_maintenance,
        ),
    )


api_service = Transform(
    name="runtime.APIService", inputs=Inputs, outputs=[Out(APIServiceConfig)], reconcile=reconcile
)
