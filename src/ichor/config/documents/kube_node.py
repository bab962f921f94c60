"""How this node registers: address, labels, annotations, taints (`key: value:Effect`).

Changes are applied to the registered Node, but for taints of workers: Kubernetes lets no kubelet
change its own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault, Part
from ichor.config.field import ALWAYS, CIDR, Check

_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_VALUE = re.compile(rf"({_NAME})?", re.ASCII)
_KEY = re.compile(rf"([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_NAME}", re.ASCII)
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def _is_taint(text: str) -> bool:
    value, _, effect = text.rpartition(":")
    return effect in _EFFECTS and _VALUE.fullmatch(value) is not None


LABEL = Check(
    "a label value: at most 63 letters, digits, - _ .", lambda t: bool(_VALUE.fullmatch(t))
)
TAINT = Check("value:Effect or Effect, of NoSchedule, PreferNoSchedule, NoExecute", _is_taint)


class NodeIP(Part, frozen=True, kw_only=True):
    """valid_subnets: which addresses count as the node's; `!10.0.0.0/8` excludes."""

    valid_subnets: tuple[
        Annotated[str, Check("a network, or !network", lambda t: CIDR.test(t.removeprefix("!")))],
        ...,
    ] = ()


class KubeNodeConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeNodeConfig"
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"skipNodeRegistration", "registerWithFQDN"})

    node_ip: Annotated[NodeIP, ALWAYS] = field(name="nodeIP", default_factory=NodeIP)
    labels: Mapping[str, Annotated[str, LABEL]] = {}
    annotations: Mapping[str, str] = {}
    taints: Mapping[str, Annotated[str, TAINT]] = {}

    def faults(self) -> Iterator[Fault]:
        for name, keys in (
            ("labels", self.labels),
            ("annotations", self.annotations),
            ("taints", self.taints),
        ):
            for key in keys:
                if not _KEY.fullmatch(key):
                    yield Fault(f"{name}.{key}", "expected a key such as example.com/role")
