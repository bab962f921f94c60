"""LinkAliasConfig: which Ethernet device each alias of the configuration is.

    config/ActiveConfig      ─┐
    network/LinkStatus (all) ─┴─► network/LinkAliasSpec "<link>"

The one device that an expression is true of; of several none, for any would be a guess. A device
has one alias, that of the first document by name; an alias that is a link's name already is none.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.link_alias import LinkAliasConfig
from ichor.controllers.network.default_link import devices
from ichor.cosi.controller import All, Get, Out, Transform
from ichor.errors import FormatError
from ichor.log import fields, logger
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.link_alias import LinkAliasSpec
from ichor.resources.network.link_status import LinkStatus

log = logger(__name__)


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}


def reconcile(inputs: Inputs) -> Iterator[tuple[str, LinkAliasSpec]]:
    given = inputs.config.value.named(LinkAliasConfig) if inputs.config else {}
    taken: set[str] = set()
    for alias, document in given.items():
        found = meant(document, inputs.links)
        if len(found) == 1 and alias not in inputs.links and found[0] not in taken:
            taken.add(found[0])
            yield found[0], LinkAliasSpec(alias=alias)


def meant(document: LinkAliasConfig, links: Mapping[str, LinkStatus]) -> Sequence[str]:
    """Give which devices it is; none where the expression turns out to be none for a real one."""
    try:
        return [name for name in devices(links) if is_meant(document, links[name])]
    except FormatError as error:
        log.warning("no device has the alias", extra=fields(alias=document.name, why=str(error)))
        return ()


def is_meant(document: LinkAliasConfig, link: LinkStatus) -> bool:
    """Raises FormatError."""
    from ichor.config.selector import Device, matches_link  # few have an expression

    permanent = link.permanent_addr.lower()
    device = Device(
        # A bond gives its ports its own: they would lose their aliases by being its ports.
        hardware_addr=permanent if link.master_index else link.hardware_addr.lower(),
        permanent_addr=permanent,
        mtu=link.mtu,
        kind=link.kind,
        bus_path=link.bus_path,
        pciid=link.pci_id,
        driver=link.driver,
        driver_version=link.driver_version,
        firmware_version=link.firmware_version,
        link_state=link.link_state,
    )
    return matches_link(document.selector.match, device)


link_alias_config = Transform(
    name="network.LinkAliasConfig",
    inputs=Inputs,
    outputs=[Out(LinkAliasSpec)],
    reconcile=reconcile,
)
