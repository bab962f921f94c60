"""Status: what of the network is ready.

    network/NodeAddress "current" ─┐
    network/RouteStatus (all)     ─┤
    network/HostnameStatus        ─┼─► network/NetworkStatus "status"
    files/EtcFileStatus (all)     ─┘

Connectivity is a default route: who answers beyond it is for probes to say.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Get, Out, Transform
from ichor.resources.files.etc import EtcFileStatus
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, NODE_ADDRESS_CURRENT_ID, STATUS_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.network.route import RouteStatus
from ichor.resources.network.status import NetworkStatus

FILES = ("hosts", "resolv.conf")
EVERYWHERE = ("", "0.0.0.0/0", "::/0")


class Inputs(Struct, frozen=True, kw_only=True):
    current: Annotated[NodeAddress | None, Get("network", NODE_ADDRESS_CURRENT_ID)] = None
    routes: Annotated[Mapping[str, RouteStatus], All("network")] = {}
    hostname: Annotated[HostnameStatus | None, Get("network", HOSTNAME_ID)] = None
    files: Annotated[Mapping[str, EtcFileStatus], All("files")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, NetworkStatus]]:
    yield (
        STATUS_ID,
        NetworkStatus(
            address_ready=inputs.current is not None and bool(inputs.current.addresses),
            connectivity_ready=any(map(leads_out, inputs.routes.values())),
            hostname_ready=inputs.hostname is not None,
            etc_files_ready=all(name in inputs.files for name in FILES),
        ),
    )


def leads_out(route: RouteStatus) -> bool:
    """Say whether all that nothing else is said about goes that way."""
    is_main = route.table in ("", "unspec", "main")
    return is_main and route.dst in EVERYWHERE and bool(route.gateway)


network_status = Transform(
    name="network.Status", inputs=Inputs, outputs=[Out(NetworkStatus)], reconcile=reconcile
)
