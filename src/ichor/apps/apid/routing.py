"""Where a call goes, by its metadata (behaviours of the interface, section 1).

| metadata | goes to |
|---|---|
| `proxyfrom`, or neither `node` nor `nodes` | machined of this node |
| `node` | apid of that node; machined if the address is our own |
| `nodes` | apid of each, answers joined; only for services whose replies can be |

machined hears the caller's roles in `talos-role`; another node's apid hears them because our
client certificate says `os:impersonator`, and `proxyfrom` keeps it from sending the call on.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from ichor.pki.roles import METADATA_KEY
from ichor.rpc.metadata import Metadata
from ichor.rpc.status import Code, Pair, RpcError

FROM: Final = "proxyfrom"
NODE: Final = "node"
NODES: Final = "nodes"
_JOINABLE: Final = (
    "/machine.MachineService/",
    "/cluster.ClusterService/",
    "/inspect.InspectService/",
    "/storage.StorageService/",
    "/time.TimeService/",
)
_STREAMED: Final = frozenset(
    [
        *(
            f"/machine.MachineService/{name}"
            for name in (
                "Copy",
                "DiskUsage",
                "Dmesg",
                "EtcdSnapshot",
                "Events",
                "ImageList",
                "Kubeconfig",
                "List",
                "Logs",
                "PacketCapture",
                "Read",
            )
        ),
        "/machine.LifecycleService/Install",
        "/machine.LifecycleService/Upgrade",
        "/cluster.ClusterService/HealthCheck",
    ]
)


class Here(Struct, frozen=True):
    """machined of this node."""


class There(Struct, frozen=True):
    node: str


class Everywhere(Struct, frozen=True):
    nodes: tuple[str, ...]
    streaming: bool


Target = Here | There | Everywhere


def target(path: str, metadata: Metadata, own: Iterable[str], *, can_route: bool) -> Target:
    """Decide where a call goes. own: addresses of this node. Raises RpcError."""
    if not can_route or metadata.all(FROM):
        return Here()
    node, nodes = metadata.all(NODE), metadata.all(NODES)
    if len(node) > 1:
        raise RpcError(Code.INVALID_ARGUMENT, "node metadata must be single-valued")
    if node:
        return Here() if node[0] in own else There(node[0])
    if not nodes:
        return Here()
    if not path.startswith(_JOINABLE):
        raise RpcError(
            Code.INVALID_ARGUMENT, f"one-2-many proxying is not supported for method {path}"
        )
    return Everywhere(nodes, is_streamed(path))


def is_streamed(path: str) -> bool:
    return path in _STREAMED or path.endswith("Stream")


def to_machined(metadata: Metadata, roles: Iterable[str]) -> Sequence[Pair]:
    """Give what machined hears: nothing about routing, and the roles as we know them."""
    kept = metadata.without(NODE, NODES, METADATA_KEY)
    return (*kept, *((METADATA_KEY, role) for role in sorted(roles)))


def to_node(metadata: Metadata, roles: Iterable[str], authority: str) -> Sequence[Pair]:
    return (*to_machined(metadata, roles), (FROM, authority))
