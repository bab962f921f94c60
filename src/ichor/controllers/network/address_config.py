"""AddressConfig: addresses that the configuration offers.

network/ActiveConfig ─► network-config/AddressSpec "configuration/<link>/<address>"
"""

from collections.abc import Iterator
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.link import LinkAddress, LinkDocument, VethConfig
from ichor.controllers.network.link_config import links
from ichor.cosi.controller import Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.ids import CONFIG_NAMESPACE_NAME
from ichor.resources.network.kinds import Family, Layer, Scope


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("network", ID)] = None


def reconcile(inputs: Inputs) -> Iterator[Output]:
    for document in links(inputs.config.value) if inputs.config else ():
        yield from addresses(document)
        if isinstance(document, VethConfig):
            yield from addresses(document.peer)


def addresses(document: LinkDocument) -> Iterator[Output]:
    for one in document.addresses:
        spec = address_spec(document.name, one)
        id = f"configuration/{document.name}/{spec.address}"
        yield Output(id=id, spec=spec, namespace=CONFIG_NAMESPACE_NAME)


def address_spec(link: str, given: LinkAddress) -> AddressSpec:
    interface = ip_interface(given.address)
    is_near = interface.version == 6 and interface.ip.is_link_local
    return AddressSpec(
        address=str(interface),
        link_name=link,
        family=Family.INET6 if interface.version == 6 else Family.INET4,
        scope=Scope.LINK if is_near else Scope.GLOBAL,
        flags="permanent",
        priority=given.route_priority or 0,
        layer=Layer.CONFIGURATION,
    )


address_config = Transform(
    name="network.AddressConfig",
    inputs=Inputs,
    outputs=[Out(AddressSpec, CONFIG_NAMESPACE_NAME)],
    reconcile=reconcile,
)
