"""StaticPodServer: the kubelet is offered what should run without asking anybody.

k8s/StaticPod (all) ─► plan ─► Publish ─► k8s/StaticPodServerStatus
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out
from ichor.formats.jsonvalue import Object
from ichor.ports.static_pods import Offer, Publish, StaticPods
from ichor.resources.k8s.ids import STATIC_POD_SERVER_STATUS_RESOURCE_ID
from ichor.resources.k8s.static_pod import StaticPod, StaticPodServerStatus


class Inputs(Struct, frozen=True, kw_only=True):
    pods: Annotated[Sequence[StaticPod], All("k8s")] = ()


def plan(inputs: Inputs, offer: Offer) -> Iterator[Publish]:
    wanted = tuple(object_of(one) for one in inputs.pods)
    if offer.pods is None or tuple(offer.pods) != wanted:
        yield Publish(pods=wanted)


def object_of(pod: StaticPod) -> Object:
    return pod.pod  # type: ignore[return-value]  # JSON values, as its renderer made them


def report(inputs: Inputs, offer: Offer) -> Iterator[tuple[str, StaticPodServerStatus]]:
    if offer.pods is not None:
        yield STATIC_POD_SERVER_STATUS_RESOURCE_ID, StaticPodServerStatus(url=offer.url)


def static_pod_server(port: StaticPods) -> Actuator[Inputs, Offer, Publish]:
    return Actuator(
        name="k8s.StaticPodServer",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        outputs=[Out(StaticPodServerStatus)],
        report=report,
    )
