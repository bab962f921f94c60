"""The pod network, programmed by our own controllers; without the document the user brings one."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault
from ichor.config.field import ALWAYS, PORT, Range


class KubeFlannelCNIConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeFlannelCNIConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True
    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset(
        {"backendExtraConfig", "resources", "extraArgs", "kubeNetworkPoliciesEnabled"}
    )
    backend_type: Annotated[str, ALWAYS] = "vxlan"
    backend_port: Annotated[int, PORT, ALWAYS] = 4789
    backend_mtu: Annotated[int, Range(1280, 65535)] | None = field(name="backendMTU", default=None)

    def faults(self) -> Iterator[Fault]:
        if self.backend_type != "vxlan":
            what = repr(self.backend_type)
            yield Fault("backendType", f"{what} is known, not supported yet", "use vxlan")
