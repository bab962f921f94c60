"""TimeServerConfig: time servers that the configuration offers. There is no default one.

config/ActiveConfig ─► network-config/TimeServerSpec "configuration/timeservers"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.time_sync import TimeSyncConfig
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, TIME_SERVER_ID
from ichor.resources.network.kinds import Layer
from ichor.resources.network.time_server import TimeServerSpec


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    document = inputs.config.value.one(TimeSyncConfig) if inputs.config else None
    servers = (*document.ptp.devices, *document.ntp.servers) if document else ()
    if servers:
        spec = TimeServerSpec(time_servers=servers, layer=Layer.CONFIGURATION)
        id = f"configuration/{TIME_SERVER_ID}"
        yield Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


time_server_config = Transform(
    name="network.TimeServerConfig",
    inputs=Inputs,
    outputs=[Out(TimeServerSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
