"""AffiliateMerge: one description of each other node, whichever registries told of it.

    cluster-raw/Affiliate "<registry>/<node id>" (all) ─► merge ─► cluster/Affiliate <node id>

The first registry by name that says something is believed in it; addresses are joined. This node
describes itself and is never told by others who it is.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Get, Out, Transform
from ichor.resources.cluster.affiliate import Affiliate
from ichor.resources.cluster.identity import Identity
from ichor.resources.cluster.ids import LOCAL_IDENTITY, RAW_NAMESPACE_NAME
from ichor.resources.config.kinds import MachineKind


class Inputs(Struct, frozen=True, kw_only=True):
    identity: Annotated[Identity, Get("cluster", LOCAL_IDENTITY)]
    raw: Annotated[Sequence[Affiliate], All(RAW_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Affiliate]]:
    known: dict[str, Affiliate] = {}
    for one in inputs.raw:
        if one.node_id and one.node_id != inputs.identity.node_id:
            known[one.node_id] = merged(known.get(one.node_id), one)
    yield from known.items()


def merged(first: Affiliate | None, second: Affiliate) -> Affiliate:
    if first is None:
        return second
    is_known = first.machine_type is not MachineKind.UNKNOWN
    return Affiliate(
        node_id=first.node_id,
        addresses=tuple(dict.fromkeys((*first.addresses, *second.addresses))),
        hostname=first.hostname or second.hostname,
        nodename=first.nodename or second.nodename,
        operating_system=first.operating_system or second.operating_system,
        machine_type=first.machine_type if is_known else second.machine_type,
        kubespan=first.kubespan or second.kubespan,
        control_plane=first.control_plane or second.control_plane,
    )


affiliate_merge = Transform(
    name="cluster.AffiliateMerge", inputs=Inputs, outputs=[Out(Affiliate)], reconcile=reconcile
)
