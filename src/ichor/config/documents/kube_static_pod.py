"""A static pod of the user's, given to the kubelet beside those of the control plane."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from ichor.config.document import Fault, Named
from ichor.config.field import REPLACE
from ichor.config.secret import Object

RESERVED = frozenset({"kube-apiserver", "kube-controller-manager", "kube-scheduler"})


class KubeStaticPodConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeStaticPodConfig"

    pod: Annotated[Object, REPLACE]

    def faults(self) -> Iterator[Fault]:
        if self.pod.get("kind") != "Pod" or self.pod.get("apiVersion") != "v1":
            yield Fault("pod", "expected a Pod of apiVersion v1")
        metadata = self.pod.get("metadata")
        if not (isinstance(metadata, Mapping) and metadata.get("name")):
            yield Fault("pod.metadata.name", "a required field is missing")
        if self.name in RESERVED:
            yield Fault("name", f"{self.name} is a pod of the control plane's", "choose another")
