"""Member: an affiliate that has a name in Kubernetes is a member of the cluster.

cluster/Affiliate (all) ─► those with a nodename ─► cluster/Member <nodename>

Where two affiliates claim one name, the one whose node id is smaller has it.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.resources.cluster.affiliate import Affiliate, Member


class Inputs(Struct, frozen=True, kw_only=True):
    affiliates: Annotated[Sequence[Affiliate], All("cluster")] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Member]]:
    named = {one.nodename: one for one in reversed(inputs.affiliates) if one.nodename}
    for nodename, one in named.items():
        yield (
            nodename,
            Member(
                node_id=one.node_id,
                addresses=one.addresses,
                hostname=one.hostname,
                machine_type=one.machine_type,
                operating_system=one.operating_system,
                control_plane=one.control_plane,
            ),
        )


member = Transform(name="cluster.Member", inputs=Inputs, outputs=[Out(Member)], reconcile=reconcile)
