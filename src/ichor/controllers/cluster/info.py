"""Info: to which cluster the node belongs.

config/ActiveConfig ─► DiscoveryIdentityConfig's id, KubeClusterConfig's name ─► cluster/Info
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.cluster.identity import Info
from ichor.resources.cluster.ids import INFO_ID
from ichor.resources.config.active import ID, ActiveConfig


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Info]]:
    config = inputs.config.value
    identity = config.cluster_identity
    if identity is not None or config.cluster_name:
        yield (
            INFO_ID,
            Info(
                cluster_id=identity.cluster_id if identity else "",
                cluster_name=config.cluster_name,
            ),
        )


info = Transform(name="cluster.Info", inputs=Inputs, outputs=[Out(Info)], reconcile=reconcile)
