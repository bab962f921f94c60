"""kube-scheduler: image, its own configuration, arguments, resources; it can be left out."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document, Fault
from ichor.config.documents.kube_resources import Resources
from ichor.config.field import ALWAYS, IMAGE, Args
from ichor.config.secret import Object, Secret

DENIED: frozenset[str] = frozenset(
    ["config", "authentication-kubeconfig", "authorization-kubeconfig", "kubeconfig"]
)


class KubeSchedulerConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeSchedulerConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    enabled: bool = True
    image: Annotated[str, IMAGE]
    config: Annotated[Object, ALWAYS] = field(default_factory=Object)
    extra_args: Mapping[str, Args] = {}
    env: Mapping[str, Secret] = {}
    resources: Resources = field(default_factory=Resources)

    def faults(self) -> Iterator[Fault]:
        for name in sorted(DENIED & self.extra_args.keys()):
            yield Fault(f"extraArgs.{name}", "this argument is set by the OS", "remove it")
