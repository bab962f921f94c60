"""Static pods: what the kubelet is given, and what became of it."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Inline, Object


class StaticPod(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="StaticPods.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("staticpod", "sp", "sps"),
    )
    pod: Inline[Object] = {}


class StaticPodServerStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="StaticPodServerStatuses.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("staticpodserverstatus", "spss"),
    )
    url: str = ""


class StaticPodStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="StaticPodStatuses.kubernetes.talos.dev",
        namespace="k8s",
        aliases=("podstatus", "staticpodstatus", "sps"),
        columns={"Ready": '{.conditions[?(@.type=="Ready")].status}'},
    )
    pod_status: Inline[Object] = {}
