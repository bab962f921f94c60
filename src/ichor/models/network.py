"""What an action does to the network: names, addresses, routes and the kernel's own consequences.

    an address on a link that is up makes the route to its prefix, by the kernel (protocol 2)
    a link set down loses its routes; a link deleted loses all; a veth takes its peer along
    a gateway must be on a prefix of the link, unless the route is onlink
    a bond takes links that are down, and sets them up; what leaves it is down
    a VLAN goes with the link it stands on, and comes up only while that is up

Whether a link then carries (running, operational) and its MAC only the world can say: the model
says unknown. IPv6's link-local addresses and multicast routes are not modelled.
"""

import errno
import ipaddress
from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace

from ichor.ports.network import (
    Action,
    Add,
    Address,
    Announce,
    Bond,
    CreateLink,
    Delete,
    DeleteLink,
    Dummy,
    Kind,
    Link,
    Neighbour,
    Network,
    Route,
    Rule,
    SetLink,
    SetWireguard,
    Veth,
    Vlan,
    Vrf,
    Wireguard,
)

_KERNEL, _LINK_SCOPE, _HOST_SCOPE = 2, 253, 254
Object = Address | Route | Neighbour | Rule
T = TypeVar("T", Address, Route, Neighbour, Rule)


def model(network: Network, action: Action) -> Network:
    match action:
        case CreateLink():
            return _create(network, action)
        case SetLink():
            return _set(network, action)
        case SetWireguard(name=name):
            return _set_wireguard(network, action)
        case DeleteLink(name=name):
            return _delete_link(network, name)
        case Add(what=what):
            return _add(network, what)
        case Delete(what=what):
            return _delete(network, what)
        case Announce(link=name, address=text):
            return _announce(network, name, text)


def _announce(network: Network, name: str, address: str) -> Network:
    """Change nothing here: it is the others who hear it."""
    if not _link(network, name).up:
        raise OSError(errno.ENETDOWN, "Network is down", name)
    return network


def _link(network: Network, name: str) -> Link:
    for each in network.links:
        if each.name == name:
            return each
    raise OSError(errno.ENODEV, "No such device", name)


def _create(network: Network, action: CreateLink) -> Network:
    names = {each.name for each in network.links}
    peer = action.kind.peer if isinstance(action.kind, Veth) else ""
    if names & {action.name, peer}:
        raise FileExistsError(errno.EEXIST, "File exists", action.name)
    index = 1 + max((each.index for each in network.links), default=0)
    made = []
    if peer:
        far = Veth(peer=action.name)
        made.append(Link(name=peer, index=index, kind=far, mtu=1500, group=action.group))
    made.append(
        Link(
            name=action.name,
            index=index + 1,
            kind=action.kind,
            mac=action.mac,
            mtu=action.mtu or _default_mtu(network, action.kind),
            group=action.group,
            multicast=not isinstance(action.kind, Dummy | Vrf | Wireguard),
        )
    )
    return replace(network, links=(*network.links, *made))


def _default_mtu(network: Network, kind: Kind) -> int:
    match kind:
        case Vlan(link=name):
            return _link(network, name).mtu
        case Vrf():
            return 65575
        case Wireguard():
            return 1420
        case _:
            return 1500


def _set(network: Network, action: SetLink) -> Network:
    old = _link(network, action.name)
    if action.master:
        _link(network, action.master)
    new = replace(
        _with_master(network, old, action.master),
        mtu=old.mtu if action.mtu is None else action.mtu,
        mac=action.mac or old.mac,
        multicast=old.multicast if action.multicast is None else action.multicast,
        alias=old.alias if action.alias is None else action.alias,
    )
    if action.up is not None:
        new = replace(new, up=action.up)
    if new.up and isinstance(new.kind, Vlan) and not _link(network, new.kind.link).up:
        raise OSError(errno.ENETDOWN, "Network is down", new.name)
    links = tuple(new if each is old else each for each in network.links)
    changed = replace(network, links=links)
    if old.up and not new.up:
        return _keep(changed, routes=lambda route: route.link != new.name)
    if new.up and not old.up:
        return _come_up(changed, new)
    return changed


def _with_master(network: Network, link: Link, master: str | None) -> Link:
    if master is None or master == link.master:
        return link
    kinds = {each.name: each.kind for each in network.links}
    if isinstance(kinds.get(master), Bond):
        if link.up:
            raise PermissionError(errno.EPERM, "Device can not be enslaved while up", link.name)
        mtu = _link(network, master).mtu
        return replace(link, master=master, up=True, mtu=mtu)
    leaves = isinstance(kinds.get(link.master), Bond)
    return replace(link, master=master, up=link.up and not leaves)


def _set_wireguard(network: Network, action: SetWireguard) -> Network:
    old = _link(network, action.name)
    if not isinstance(old.kind, Wireguard):
        raise OSError(errno.EOPNOTSUPP, "Operation not supported", action.name)
    new = replace(old, kind=action.wireguard, alias=action.alias)
    return replace(network, links=tuple(new if each is old else each for each in network.links))


def _come_up(network: Network, link: Link) -> Network:
    held = tuple(each for each in network.addresses if each.link == link.name)
    if link.loopback:
        own = () if held else (Address(link=link.name, address="127.0.0.1/8", scope=_HOST_SCOPE),)
        return replace(network, addresses=_sorted((*network.addresses, *own)))
    made = [route for each in held if (route := _prefix_route(each))]
    return replace(network, routes=_sorted((*network.routes, *made)))


def _keep(network: Network, *, routes: Callable[[Route], bool]) -> Network:
    return replace(network, routes=tuple(each for each in network.routes if routes(each)))


def _delete_link(network: Network, name: str) -> Network:
    link = _link(network, name)
    gone = {name}
    if isinstance(link.kind, Veth) and link.kind.peer:
        gone.add(link.kind.peer)
    upper = {
        each.name
        for each in network.links
        if isinstance(each.kind, Vlan) and each.kind.link in gone
    }
    for each in upper - gone:
        network = _delete_link(network, each)
    links = (each for each in network.links if each.name not in gone)
    return Network(
        links=tuple(_without_master(each, link) if each.master in gone else each for each in links),
        addresses=tuple(each for each in network.addresses if each.link not in gone),
        routes=tuple(each for each in network.routes if each.link not in gone),
        neighbours=tuple(each for each in network.neighbours if each.link not in gone),
        rules=network.rules,
    )


def _without_master(link: Link, master: Link) -> Link:
    return replace(link, master="", up=link.up and not isinstance(master.kind, Bond))


def _prefix_route(address: Address) -> Route | None:
    interface = ipaddress.ip_interface(address.address)
    network = interface.network
    if network.prefixlen == network.max_prefixlen or interface.version == 6:
        return None
    return Route(
        destination=str(network),
        link=address.link,
        source=str(interface.ip),
        priority=address.priority,
        protocol=_KERNEL,
        scope=_LINK_SCOPE,
    )


def _add(network: Network, what: Object) -> Network:
    match what:
        case Address():
            return _add_address(network, what)
        case Route():
            return _add_route(network, what)
        case Neighbour():
            _link(network, what.link)
            others = (n for n in network.neighbours if _same_neighbour(n) != _same_neighbour(what))
            return replace(network, neighbours=_sorted((*others, what)))
        case Rule():
            if what in network.rules:
                raise FileExistsError(errno.EEXIST, "File exists", str(what.priority))
            return replace(network, rules=_sorted((*network.rules, what)))


def _same_neighbour(each: Neighbour) -> tuple[str, str, bool]:
    return each.link, each.mac if each.forwarding else each.address, each.forwarding


def _add_address(network: Network, what: Address) -> Network:
    link = _link(network, what.link)
    if what in network.addresses:
        return network
    others = (each for each in network.addresses if not _is_same_address(each, what))
    changed = replace(network, addresses=_sorted((*others, what)))
    made = _prefix_route(what) if link.up and not link.loopback else None
    if made is None:
        return changed
    return replace(changed, routes=_sorted((*changed.routes, made)))


def _is_same_address(one: Address, other: Address) -> bool:
    return (one.link, one.address) == (other.link, other.address)


def _identity(route: Route) -> tuple[str, int, int, bool]:
    return route.destination, route.table, route.priority, route.ipv6


def _add_route(network: Network, what: Route) -> Network:
    if what.link and not _link(network, what.link).up:
        raise OSError(errno.ENETDOWN, "Network is down", what.link)
    through = what.link or _link_to(network, what.gateway)
    if what.gateway and not what.onlink and _link_to(network, what.gateway, through) == "":
        raise OSError(errno.ENETUNREACH, "Network is unreachable", what.gateway)
    new = replace(what, link=through)
    others = (each for each in network.routes if _identity(each) != _identity(what))
    return replace(network, routes=_sorted((*others, new)))


def _link_to(network: Network, gateway: str, link: str = "") -> str:
    """Give the link on whose prefix the gateway is, empty if on none."""
    if not gateway:
        return ""
    address = ipaddress.ip_address(gateway)
    for each in network.routes:
        near = not each.gateway and each.destination and link in ("", each.link)
        if near and address in ipaddress.ip_network(each.destination):
            return each.link
    return ""


def _delete(network: Network, what: Object) -> Network:
    match what:
        case Address():
            return _delete_address(network, what)
        case Route():
            found = [each for each in network.routes if _identity(each) == _identity(what)]
            if not found:
                raise ProcessLookupError(errno.ESRCH, "No such process", what.destination)
            return replace(network, routes=_without(network.routes, found[0]))
        case Neighbour():
            if what not in network.neighbours:
                raise FileNotFoundError(errno.ENOENT, "No such entry", what.address)
            return replace(network, neighbours=_without(network.neighbours, what))
        case Rule():
            if what not in network.rules:
                raise FileNotFoundError(errno.ENOENT, "No such rule", str(what.priority))
            return replace(network, rules=_without(network.rules, what))


def _delete_address(network: Network, what: Address) -> Network:
    _link(network, what.link)
    if what not in network.addresses:
        raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address", what.address)
    made = _prefix_route(what)
    own = str(ipaddress.ip_interface(what.address).ip)
    left = _keep(network, routes=lambda each: each != made and each.source != own)
    return replace(left, addresses=_without(network.addresses, what))


def _sorted(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(values, key=repr))


def _without(values: tuple[T, ...], gone: T) -> tuple[T, ...]:
    return tuple(each for each in values if each != gone)
