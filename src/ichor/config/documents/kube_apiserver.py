"""kube-apiserver: image, arguments, environment, resources, port, names in its certificate."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault
from ichor.config.documents.kube_resources import Resources
from ichor.config.field import IMAGE, PORT, SAN, Args
from ichor.config.secret import Secret

# arguments that the OS sets and no one may override (facts: k8s_flags)
DENIED: frozenset[str] = frozenset(
    [
        "client-ca-file",
        "requestheader-client-ca-file",
        "proxy-client-cert-file",
        "proxy-client-key-file",
        "tls-min-version",
        "encryption-provider-config",
        "etcd-cafile",
        "etcd-certfile",
        "etcd-keyfile",
        "etcd-servers",
        "kubelet-client-certificate",
        "kubelet-client-key",
        "service-account-key-file",
        "service-account-signing-key-file",
        "tls-cert-file",
        "tls-private-key-file",
        "authorization-config",
        "authentication-config",
    ]
)


class KubeAPIServerConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeAPIServerConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    image: Annotated[str, IMAGE]
    extra_args: Mapping[str, Args] = {}
    env: Mapping[str, Secret] = {}
    resources: Resources = field(default_factory=Resources)
    api_port: Annotated[int, PORT] = 6443
    cert_extra_sans: tuple[Annotated[str, SAN], ...] = field(name="certExtraSANs", default=())
    startup_probes: bool = True

    def faults(self) -> Iterator[Fault]:
        for name in sorted(DENIED & self.extra_args.keys()):
            yield Fault(f"extraArgs.{name}", "this argument is set by the OS", "remove it")
