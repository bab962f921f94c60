"""Addresses of links: wanted and present."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Address, AddressFlags, OmitEmpty, Prefix
from ichor.resources.network.kinds import Family, Layer, Scope


class AddressSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="AddressSpecs.net.talos.dev",
        namespace="network",
        aliases=("addressspec", "as"),
    )
    address: Prefix = ""
    link_name: str = ""
    family: Family = Family.INET4
    scope: Scope = Scope.GLOBAL
    flags: AddressFlags = ""
    announce_with_arp: OmitEmpty[bool] = field(default=False, name="announceWithARP")
    priority: OmitEmpty[int] = 0
    layer: Layer = Layer.DEFAULT


class AddressStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="AddressStatuses.net.talos.dev",
        namespace="network",
        aliases=("address", "addresses", "addressstatus", "as"),
        columns={"Address": "{.address}", "Link": "{.linkName}"},
    )
    address: Prefix = ""
    local: OmitEmpty[Address] = ""
    broadcast: OmitEmpty[Address] = ""
    anycast: OmitEmpty[Address] = ""
    multicast: OmitEmpty[Address] = ""
    link_index: int = 0
    link_name: str = ""
    family: Family = Family.INET4
    scope: Scope = Scope.GLOBAL
    flags: AddressFlags = ""
    priority: int = 0
