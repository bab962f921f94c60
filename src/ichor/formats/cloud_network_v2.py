"""Version 2: maps of links by id, as netplan has them."""

from collections.abc import Iterator

from ichor.errors import FormatError
from ichor.formats import cloud_values as read_as
from ichor.formats.platform import Bond, Link, Match, Network, Route, Vlan
from ichor.formats.yaml.values import Value

_KINDS = ("ethernets", "bonds", "vlans")
_KNOWN = frozenset({*_KINDS, "version", "renderer"})


def read(config: dict[str, Value]) -> Network:
    """Raises FormatError."""
    for kind in config:
        if kind not in _KNOWN:
            raise FormatError(f"a kind of links that is supported, not {kind!r}")
    links, servers, domains = list[Link](), list[str](), list[str]()
    for kind in _KINDS:
        for id, value in read_as.fields(config.get(kind), kind).items():
            entry = read_as.fields(value, id)
            links.append(_link(kind, id, entry))
            names = read_as.fields(entry.get("nameservers"), "nameservers")
            servers += read_as.texts(names.get("addresses"), "addresses")
            domains += read_as.texts(names.get("search"), "search")
    return Network(
        links=tuple(links),
        name_servers=tuple(dict.fromkeys(map(read_as.plain, servers))),
        search_domains=tuple(dict.fromkeys(domains)),
    )


def _link(kind: str, id: str, entry: dict[str, Value]) -> Link:
    return Link(
        id=id,
        match=_match(entry),
        vlan=_vlan(entry) if kind == "vlans" else None,
        bond=_bond(entry) if kind == "bonds" else None,
        mtu=read_as.whole(entry.get("mtu"), "mtu"),
        dhcp4=read_as.truth(entry.get("dhcp4"), "dhcp4"),
        dhcp6=read_as.truth(entry.get("dhcp6"), "dhcp6"),
        addresses=tuple(map(read_as.prefixed, _addresses(entry))),
        routes=tuple(_routes(entry)),
    )


def _match(entry: dict[str, Value]) -> Match:
    found = read_as.fields(entry.get("match"), "match")
    if found and not found.keys() & {"macaddress", "name"}:
        raise FormatError("match to have macaddress or name")
    return Match(
        mac=read_as.text(found.get("macaddress"), "macaddress").lower(),
        name=read_as.text(found.get("name"), "name"),
    )


def _vlan(entry: dict[str, Value]) -> Vlan:
    return Vlan(
        id=read_as.whole(entry.get("id"), "id"), parent=read_as.text(entry.get("link"), "link")
    )


def _bond(entry: dict[str, Value]) -> Bond:
    parameters = read_as.fields(entry.get("parameters"), "parameters")
    return Bond(
        ports=read_as.texts(entry.get("interfaces"), "interfaces"),
        mode=read_as.text(parameters.get("mode"), "mode") or "balance-rr",
        miimon=read_as.whole(parameters.get("mii-monitor-interval"), "mii-monitor-interval"),
    )


def _addresses(entry: dict[str, Value]) -> Iterator[str]:
    """An address may be a map of one address and its options."""
    for value in read_as.items(entry.get("addresses"), "addresses"):
        if isinstance(value, dict):
            yield from value
        else:
            yield read_as.text(value, "an address")


def _routes(entry: dict[str, Value]) -> Iterator[Route]:
    for name in ("gateway4", "gateway6"):
        gateway = read_as.text(entry.get(name), name)
        if gateway:
            yield Route(gateway=read_as.plain(gateway))
    for value in read_as.items(entry.get("routes"), "routes"):
        route = read_as.fields(value, "a route")
        via = read_as.text(route.get("via"), "via")
        yield Route(
            destination=_destination(read_as.text(route.get("to"), "to")),
            gateway=read_as.plain(via) if via else "",
            metric=read_as.whole(route.get("metric"), "metric"),
            onlink=read_as.truth(route.get("on-link"), "on-link"),
        )


def _destination(to: str) -> str:
    if not to:
        raise FormatError("a route to have `to`")
    return read_as.destination(to)
