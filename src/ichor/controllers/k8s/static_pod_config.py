"""StaticPodConfig: the user's own static pods.

    config/ActiveConfig: KubeStaticPodConfig (all) ─► k8s/StaticPod, by the document's name

They run on control planes and workers alike, and ask for nothing of the control plane.
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.kube_static_pod import KubeStaticPodConfig
from ichor.controllers.k8s.config_files import plain
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.k8s.static_pod import StaticPod


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, StaticPod]]:
    for name, document in inputs.config.value.named(KubeStaticPodConfig).items():
        yield name, StaticPod(pod=plain(document.pod))


static_pod_config = Transform(
    name="k8s.StaticPodConfig", inputs=Inputs, outputs=[Out(StaticPod)], reconcile=reconcile
)
