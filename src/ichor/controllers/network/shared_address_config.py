"""SharedAddressConfig: which addresses the configuration shares among control planes.

network/ActiveConfig ─► network-config/OperatorSpec "configuration/vip/<link>/<address>"
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.shared_address import Layer2VIPConfig
from ichor.controllers.network.operator import name_of
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Layer, OperatorKind
from ichor.resources.network.operator import OperatorSpec, VIPOperator


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    if inputs.config is None or not inputs.config.value.is_control_plane:
        return
    for document in inputs.config.value.named(Layer2VIPConfig).values():
        spec = OperatorSpec(
            operator=OperatorKind.VIP,
            link_name=document.link,
            require_up=True,
            vip=VIPOperator(ip=str(ip_address(document.name)), gratuitous_arp=True),
            layer=Layer.CONFIGURATION,
        )
        id = f"configuration/{name_of(spec)}"
        yield Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


shared_address_config = Transform(
    name="network.SharedAddressConfig",
    inputs=Inputs,
    outputs=[Out(OperatorSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
