"""Small facts about links: aliases, hardware addresses, a request to look again."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import HardwareAddr


class LinkAliasSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="LinkAliasSpecs.net.talos.dev",
        namespace="network",
        aliases=("linkaliasspec", "las"),
        columns={"Alias": "{.alias}"},
    )
    alias: str = ""


class LinkRefresh(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="LinkRefreshes.net.talos.dev",
        namespace="network",
        aliases=("linkrefresh", "lr", "lrs"),
    )
    generation: int = 0


class HardwareAddress(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="HardwareAddresses.net.talos.dev",
        namespace="network",
        aliases=("hardwareaddress", "ha", "has"),
    )
    name: str = ""
    hardware_addr: HardwareAddr = ""
