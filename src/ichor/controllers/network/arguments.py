"""The kernel's arguments about the network, read: `ip=`, `bond=`, `vlan=` (dracut.cmdline(7)).

    ip=<method>                                      of all devices
    ip=<link>:<method>[:[<mtu>][:<mac>]]
    ip=<address>:[<peer>]:[<gateway>]:<netmask>:[<hostname>]:[<link>]:[<method>][:<dns>[:<dns>]]
    bond=<name>[:<port>,...[:<option>=<value>,...[:<mtu>]]]
    vlan=<name>:<link>                               eth0.5, vlan5, vlan0005

IPv6 addresses stand in brackets. What cannot be read is passed over: there is nobody to tell.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_interface
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

METHODS: Final = frozenset({"none", "off", "dhcp", "on", "any", "dhcp6", "either6", "auto6"})
_DHCP4: Final = frozenset({"dhcp", "on", "any", "either6"})
_DHCP6: Final = frozenset({"dhcp6", "either6"})
HOSTNAME, IGNORE = "talos.hostname", "talos.network.interface.ignore"


class Ip(Struct, frozen=True, kw_only=True):
    """link: empty for the first device; of a bare method, for all. address: with its prefix."""

    link: str = ""
    is_for_all: bool = False
    address: str = ""
    gateway: str = ""
    hostname: str = ""
    name_servers: tuple[str, ...] = ()
    dhcp4: bool = False
    dhcp6: bool = False
    mtu: int = 0


class Bond(Struct, frozen=True, kw_only=True):
    name: str
    ports: tuple[str, ...] = ("eth0", "eth1")
    options: tuple[tuple[str, str], ...] = ()
    mtu: int = 0


class Vlan(Struct, frozen=True, kw_only=True):
    name: str
    id: int
    link: str


class Arguments(Struct, frozen=True, kw_only=True):
    ips: tuple[Ip, ...] = ()
    bonds: tuple[Bond, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    hostname: str = ""
    ignored: tuple[str, ...] = ()


def read(line: str) -> Arguments:
    words = [word.partition("=")[::2] for word in line.split()]
    hostnames = [value for name, value in words if name == HOSTNAME]
    return Arguments(
        ips=tuple(one for name, value in words if name == "ip" for one in ip(value)),
        bonds=tuple(one for name, value in words if name == "bond" for one in bond(value)),
        vlans=tuple(one for name, value in words if name == "vlan" for one in vlan(value)),
        hostname=hostnames[-1] if hostnames else "",
        ignored=tuple(value for name, value in words if name == IGNORE and value),
    )


def ip(value: str) -> Iterator[Ip]:
    parts = split(value)
    if len(parts) == 1 and parts[0] in METHODS:
        yield Ip(is_for_all=True, dhcp4=parts[0] in _DHCP4, dhcp6=parts[0] in _DHCP6)
    elif len(parts) > 1 and parts[1] in METHODS:
        mtu = number(parts[2]) if len(parts) > 2 else 0
        yield Ip(link=parts[0], dhcp4=parts[1] in _DHCP4, dhcp6=parts[1] in _DHCP6, mtu=mtu)
    else:
        yield from static(parts)


def static(parts: Sequence[str]) -> Iterator[Ip]:
    address, _, gateway, mask, hostname, link, method, *rest = (*parts, *[""] * 7)
    text = interface(address, mask)
    if text:
        servers = tuple(server for one in rest if (server := plain(one)))
        yield Ip(
            link=link,
            address=text,
            gateway=plain(gateway),
            hostname=hostname,
            name_servers=servers,
            dhcp4=method in _DHCP4,
            dhcp6=method in _DHCP6,
            mtu=0 if servers or not rest else number(rest[0]),
        )


def interface(address: str, mask: str) -> str:
    """Give the address with its prefix; empty where it is none. mask: of either form, or none."""
    try:
        found = ip_address(address)
        return str(ip_interface(f"{found}/{mask or found.max_prefixlen}"))
    except ValueError:
        return ""


def plain(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def split(value: str) -> list[str]:
    """Split at the colons that are in no brackets."""
    parts, depth = [""], 0
    for letter in value:
        depth += (letter == "[") - (letter == "]")
        if letter == ":" and not depth:
            parts.append("")
        elif letter not in "[]":
            parts[-1] += letter
    return parts


def bond(value: str) -> Iterator[Bond]:
    name, ports, options, mtu, *_ = (*split(value), "", "", "", "")
    if name:
        made = Bond(name=name, options=tuple(pairs(options)), mtu=number(mtu))
        held = tuple(port for port in ports.split(",") if port)
        yield replace(made, ports=held) if held else made


def pairs(options: str) -> Iterator[tuple[str, str]]:
    for one in options.split(","):
        key, equals, value = one.partition("=")
        if equals:
            yield key, value


def vlan(value: str) -> Iterator[Vlan]:
    name, link, *_ = (*split(value), "")
    id = number(name.rpartition(".")[2].removeprefix("vlan"))
    if link and 1 <= id <= 4094:
        yield Vlan(name=name, id=id, link=link)
