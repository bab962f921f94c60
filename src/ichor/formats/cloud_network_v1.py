"""Version 1: a list of things to configure, links with their subnets among them."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_interface

from msgspec.structs import replace

from ichor.errors import FormatError
from ichor.formats import cloud_values as read_as
from ichor.formats.platform import Bond, Link, Match, Network, Route, Vlan
from ichor.formats.yaml.values import Value

_LINKS = frozenset({"physical", "vlan", "bond"})
_DHCP4 = frozenset({"dhcp", "dhcp4"})
_DHCP6 = frozenset({"dhcp6", "ipv6_dhcpv6-stateful", "ipv6_dhcpv6-stateless"})
_STATIC = frozenset({"static", "static6"})
_NOTHING = frozenset({"manual", "ipv6_slaac"})  # what the kernel does by itself


def read(config: dict[str, Value]) -> Network:
    """Raises FormatError."""
    links, servers, domains, routes = list[Link](), list[str](), list[str](), list[Route]()
    for value in read_as.items(config.get("config"), "config"):
        entry = read_as.fields(value, "an entry of config")
        kind = read_as.text(entry.get("type"), "type")
        if kind in _LINKS:
            links.append(_link(kind, entry))
            for subnet in _subnets(entry):
                servers += read_as.texts(subnet.get("dns_nameservers"), "dns_nameservers")
                domains += read_as.texts(subnet.get("dns_search"), "dns_search")
        elif kind == "nameserver":
            servers += read_as.texts(entry.get("address"), "address")
            domains += read_as.texts(entry.get("search"), "search")
        elif kind == "route":
            routes.append(_route(entry))
        elif kind != "loopback":
            raise FormatError(f"a type of version 1 that is supported, not {kind!r}")
    for route in routes:
        place = _reaching(links, route)
        links[place] = replace(links[place], routes=(*links[place].routes, route))
    return Network(
        links=tuple(links),
        name_servers=tuple(dict.fromkeys(map(read_as.plain, servers))),
        search_domains=tuple(dict.fromkeys(domains)),
    )


def _reaching(links: list[Link], route: Route) -> int:
    """Give which link a route of no link is of: whose network has its gateway, or the only one."""
    for place, link in enumerate(links):
        networks = (ip_interface(address).network for address in link.addresses)
        if route.gateway and any(ip_address(route.gateway) in network for network in networks):
            return place
    if len(links) != 1:
        raise FormatError(f"a link that reaches the gateway {route.gateway!r}")
    return 0


def _subnets(entry: dict[str, Value]) -> Iterator[dict[str, Value]]:
    for value in read_as.items(entry.get("subnets"), "subnets"):
        yield read_as.fields(value, "a subnet")


def _link(kind: str, entry: dict[str, Value]) -> Link:
    name = read_as.text(entry.get("name"), "name")
    addresses, routes, kinds = list[str](), list[Route](), set[str]()
    for subnet in _subnets(entry):
        kinds.add(read_as.text(subnet.get("type"), "a subnet's type"))
        addresses += _addresses(subnet)
        routes += _routes(subnet)
    if unknown := kinds - _DHCP4 - _DHCP6 - _STATIC - _NOTHING:
        raise FormatError(f"a subnet's type that is supported, not {min(unknown)!r}")
    return Link(
        id=name,
        match=Match(mac=read_as.text(entry.get("mac_address"), "mac_address").lower()),
        vlan=_vlan(entry) if kind == "vlan" else None,
        bond=_bond(entry) if kind == "bond" else None,
        mtu=read_as.whole(entry.get("mtu"), "mtu"),
        dhcp4=bool(kinds & _DHCP4),
        dhcp6=bool(kinds & _DHCP6),
        addresses=tuple(addresses),
        routes=tuple(routes),
    )


def _vlan(entry: dict[str, Value]) -> Vlan:
    return Vlan(
        id=read_as.whole(entry.get("vlan_id"), "vlan_id"),
        parent=read_as.text(entry.get("vlan_link"), "vlan_link"),
    )


def _bond(entry: dict[str, Value]) -> Bond:
    params = read_as.fields(entry.get("params"), "params")
    return Bond(
        ports=read_as.texts(entry.get("bond_interfaces"), "bond_interfaces"),
        mode=read_as.text(params.get("bond-mode"), "bond-mode") or "balance-rr",
        miimon=read_as.whole(params.get("bond-miimon"), "bond-miimon"),
    )


def _addresses(subnet: dict[str, Value]) -> Iterator[str]:
    address = read_as.text(subnet.get("address"), "address")
    if address and read_as.text(subnet.get("type"), "type") in _STATIC:
        yield read_as.prefixed(address, _netmask(subnet))


def _netmask(entry: dict[str, Value]) -> str:
    """Give what follows the slash: a mask, or a number of bits."""
    value = entry.get("netmask", entry.get("prefix"))
    return str(value) if isinstance(value, int) else read_as.text(value, "netmask")


def _routes(subnet: dict[str, Value]) -> Iterator[Route]:
    gateway = read_as.text(subnet.get("gateway"), "gateway")
    if gateway:
        yield Route(gateway=read_as.plain(gateway))
    for value in read_as.items(subnet.get("routes"), "routes"):
        yield _route(read_as.fields(value, "a route"))


def _route(entry: dict[str, Value]) -> Route:
    network = read_as.text(entry.get("network", entry.get("destination")), "network")
    gateway = read_as.text(entry.get("gateway"), "gateway")
    return Route(
        destination=read_as.destination(network, _netmask(entry)),
        gateway=read_as.plain(gateway) if gateway else "",
        metric=read_as.whole(entry.get("metric"), "metric"),
    )
