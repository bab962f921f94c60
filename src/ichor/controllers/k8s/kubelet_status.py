"""KubeletStatus: which kubelet runs.

k8s/KubeletSpec, v1alpha1/Service "kubelet" ─► k8s/KubeletStatus
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.k8s.ids import KUBELET_ID
from ichor.resources.k8s.kubelet import KubeletSpec, KubeletStatus
from ichor.resources.v1alpha1.service import Service


class Inputs(Struct, frozen=True, kw_only=True):
    spec: Annotated[KubeletSpec, Get("k8s", KUBELET_ID)]
    service: Annotated[Service, Get("runtime", KUBELET_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, KubeletStatus]]:
    if inputs.service.running:
        yield KUBELET_ID, KubeletStatus(image=inputs.spec.image)


kubelet_status = Transform(
    name="k8s.KubeletStatus", inputs=Inputs, outputs=[Out(KubeletStatus)], reconcile=reconcile
)
