"""The links that a platform speaks of: which of the machine's are meant, and which are made."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from msgspec.structs import replace

from ichor.controllers.network.link_parts import PLAIN_BOND
from ichor.errors import InputError
from ichor.formats.platform import Link
from ichor.resources.network.kinds import Layer
from ichor.resources.network.link import VLAN, LinkSpec
from ichor.resources.network.link_kinds import BondMode
from ichor.resources.network.link_status import LinkStatus

_LAYER = Layer.PLATFORM
_MODES = {mode.value: mode for mode in BondMode}


def names_of(links: tuple[Link, ...], present: Mapping[str, LinkStatus]) -> Mapping[str, str]:
    """Give the names of links by their ids: of what is made, and of what is found."""
    names: dict[str, str] = {}
    for link in links:
        if link.vlan is not None or link.bond is not None:
            names[link.id] = link.id
        elif name := next((name for name, one in present.items() if is_meant(link, name, one)), ""):
            names[link.id] = name
    return names


def is_meant(link: Link, name: str, status: LinkStatus) -> bool:
    if status.type != "ether" or status.kind:
        return False
    if link.match.mac:
        return link.match.mac in (status.permanent_addr, status.hardware_addr)
    return fnmatchcase(name, link.match.name or link.id)


def links(name: str, link: Link, names: Mapping[str, str]) -> Iterator[LinkSpec]:
    """Yield what is wanted of a link, and of a bond's ports. Raises InputError."""
    if link.vlan is not None:
        parent = names.get(link.vlan.parent, link.vlan.parent)
        vlan = VLAN(vlan_id=link.vlan.id)
        yield replace(made(name, link, "vlan"), parent_name=parent, vlan=vlan)
    elif link.bond is not None:
        mode = _MODES.get(link.bond.mode)
        if mode is None:
            raise InputError(f"bond {name}: unknown mode {link.bond.mode!r}")
        master = replace(PLAIN_BOND, mode=mode, miimon=link.bond.miimon)
        yield replace(made(name, link, "bond"), bond_master=master)
        for index, port in enumerate(one for one in link.bond.ports if one in names):
            yield replace(up(names[port]), master_name=name, slave_index=index)
    else:
        yield replace(up(name), mtu=link.mtu)


def up(name: str) -> LinkSpec:
    return LinkSpec(name=name, up=True, type="ether", layer=_LAYER)


def made(name: str, link: Link, kind: str) -> LinkSpec:
    return replace(up(name), logical=True, mtu=link.mtu, kind=kind)
