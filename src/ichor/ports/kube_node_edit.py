"""This node's own Node object: what it says, and the part of it that is ours to say."""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct


class Taint(Struct, frozen=True, order=True):
    """value: may be empty. effect: NoSchedule, PreferNoSchedule, NoExecute."""

    key: str
    value: str
    effect: str


class NodeMeta(Struct, frozen=True, kw_only=True):
    """labels and annotations of the Node, or of the part of it that we apply.

    cordoned: by us; whoever else has done it keeps it so.
    taints: all of them, whoever set them, sorted; None leaves them as they are.
    version: of the Node that was seen; taints that follow from it are written to no other.
    """

    name: str
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    cordoned: bool = False
    taints: tuple[Taint, ...] | None = None
    version: str = ""


class KubeNodeEdit(Protocol):
    async def observe(self) -> NodeMeta | None:
        """Give the Node as it is; None before it registered. Raises TransientError."""
        ...

    async def apply(self, action: NodeMeta) -> None:
        """Own exactly these; what we owned before and is not named any more goes.

        Raises TransientError, also when taints are to be written and the Node has changed since.
        """
        ...
