"""TimeServer: the time servers in force.

    network-config/TimeServerSpec (all) ─► merge ─► network/TimeServerSpec, TimeServerStatus

All of the highest layer that names any, in the order of its ids. The status is there from the
start, empty while nobody names one.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import All, Out, Transform
from ichor.cosi.resource import Resource, Spec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME, TIME_SERVER_ID
from ichor.resources.network.time_server import TimeServerSpec, TimeServerStatus


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[TimeServerSpec]], All(CONFIG_NAMESPACE_NAME)] = ()


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Spec]]:
    naming = [offer.spec for offer in inputs.offers if offer.spec.time_servers]
    top = max((spec.layer.number for spec in naming), default=0)
    highest = [spec for spec in naming if spec.layer.number == top]
    servers = tuple(dict.fromkeys(name for spec in highest for name in spec.time_servers))
    if highest:
        yield TIME_SERVER_ID, TimeServerSpec(time_servers=servers, layer=highest[0].layer)
    yield TIME_SERVER_ID, TimeServerStatus(time_servers=servers)


time_server = Transform(
    name="network.TimeServer",
    inputs=Inputs,
    outputs=[Out(TimeServerSpec), Out(TimeServerStatus)],
    reconcile=reconcile,
)
