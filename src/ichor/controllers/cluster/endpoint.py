"""DiscoveredEndpoint: where the members are that are control planes.

cluster/Member (all) ─► addresses of control planes ─► controlplane/Endpoint "discovery"
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.resources.cluster.affiliate import Member
from ichor.resources.config.kinds import MachineKind
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.k8s.ids import CONTROL_PLANE_DISCOVERED_ENDPOINTS_ID


class Inputs(Struct, frozen=True, kw_only=True):
    members: Annotated[Sequence[Member], All("cluster")] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Endpoint]]:
    planes = (one for one in inputs.members if one.machine_type is MachineKind.CONTROLPLANE)
    addresses = dict.fromkeys(address for one in planes for address in one.addresses)
    if addresses:
        yield CONTROL_PLANE_DISCOVERED_ENDPOINTS_ID, Endpoint(addresses=tuple(addresses))


discovered_endpoint = Transform(
    name="cluster.Endpoint", inputs=Inputs, outputs=[Out(Endpoint)], reconcile=reconcile
)
