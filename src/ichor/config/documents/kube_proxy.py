"""kube-proxy: image, mode, its own configuration, arguments; it can be left out."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import field

from ichor.config.document import Document, Fault
from ichor.config.documents.kube_resources import Resources
from ichor.config.field import ALWAYS, IMAGE, Args
from ichor.config.secret import Object


class KubeProxyConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeProxyConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    enabled: bool = True
    image: Annotated[str, IMAGE] | None = None
    mode: Literal["nftables", "iptables", "ipvs"] = "nftables"
    config: Annotated[Object, ALWAYS] = field(default_factory=Object)
    extra_args: Mapping[str, Args] = {}
    resources: Resources = field(default_factory=Resources)

    def faults(self) -> Iterator[Fault]:
        if self.enabled and self.image is None:
            yield Fault("image", "a required field is missing")
        if self.mode != "nftables":
            yield Fault("mode", f"{self.mode} is known, not supported yet", "use nftables")
