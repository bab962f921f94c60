"""The kubelet: image, its own configuration, arguments beside it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault
from ichor.config.field import ALWAYS, IMAGE, IP, Args
from ichor.config.secret import Object

# what this OS sets and no one may (facts: kubelet_config, override = protected)
PROTECTED: frozenset[str] = frozenset(
    [
        "apiVersion",
        "kind",
        "staticPodPath",
        "staticPodURL",
        "port",
        "authentication",
        "authorization",
        "cgroupRoot",
        "systemCgroups",
        "kubeletCgroups",
        "rotateCertificates",
        "protectKernelDefaults",
        "containerRuntimeEndpoint",
        "resolvConf",
    ]
)


class KubeletConfig(Document, frozen=True, kw_only=True):
    """config: fields of KubeletConfiguration that override the defaults."""

    KIND: ClassVar[str] = "KubeletConfig"

    image: Annotated[str, IMAGE]
    config: Annotated[Object, ALWAYS] = field(default_factory=Object)
    extra_args: Mapping[str, Args] = {}
    cluster_dns: tuple[Annotated[str, IP], ...] = field(name="clusterDNS", default=())
    default_runtime_seccomp_profile_enabled: bool = False

    def faults(self) -> Iterator[Fault]:
        for name in self.config:
            if name in PROTECTED:
                yield Fault(f"config.{name}", "this field is set by the OS", "remove the field")
