"""The network through rtnetlink: names <-> indices, values <-> messages.

A snapshot is five dumps. Routes of the local table, cached routes and learned neighbours are the
kernel's own bookkeeping and left out.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from functools import partial

from ichor.linux import link_kind
from ichor.linux.netlink import Socket, notices
from ichor.linux.network_read import read_network
from ichor.ports.network import (
    Action,
    Add,
    Address,
    Announce,
    CreateLink,
    Delete,
    DeleteLink,
    Neighbour,
    Network,
    Route,
    Rule,
    SetLink,
    SetWireguard,
)
from ichor.ports.network import Bridge as BridgeKind
from ichor.protocols.netlink import address, link, message, neighbour, route, rule
from ichor.protocols.netlink.wire import AF_BRIDGE, AF_INET, AF_INET6, family_of

_GROUPS = (
    link.GROUP,
    neighbour.GROUP,
    address.GROUP_IPV4,
    address.GROUP_IPV6,
    route.GROUP_IPV4,
    route.GROUP_IPV6,
    rule.GROUP_IPV4,
    rule.GROUP_IPV6,
)
_MAKE = message.CREATE | message.EXCLUDE
_PUT = message.CREATE | message.REPLACE
_REPEATS, _REPEAT_S = 2, 1.0  # of an announcement


class KernelNetwork:
    """Opens one socket per call: they are cheap, and a namespace may be entered between calls."""

    def observe(self) -> Network:
        sock = Socket()
        try:
            return read_network(sock)
        finally:
            sock.close()

    def wakes(self) -> AsyncIterator[None]:
        return notices(_GROUPS)

    def apply(self, action: Action) -> None:
        if isinstance(action, Announce):
            self._say_later(action, _REPEATS)
        sock = Socket()
        try:
            _apply(sock, action)
        finally:
            sock.close()

    def _say_later(self, said: Announce, times: int) -> None:
        """Say it again: it may be lost, or the link not carry yet, and nobody answers."""
        with suppress(RuntimeError):  # without a loop it is said once
            loop = asyncio.get_running_loop()
            loop.call_later(_REPEAT_S, self._say_again, said, times)

    def _say_again(self, said: Announce, times: int) -> None:
        with suppress(OSError):
            held = {(one.link, one.address) for one in self.observe().addresses}
            if (said.link, said.address) not in held:
                return  # somebody else may have it by now
            from ichor.linux.announce import announce

            announce(said.link, said.address)
        if times > 1:
            self._say_later(said, times - 1)


def _apply(sock: Socket, action: Action) -> None:
    match action:
        case CreateLink():
            sock.request(link.NEW, link.build(_new_link(sock, action)), _MAKE)
            if isinstance(action.kind, BridgeKind) and action.mtu:
                # A bridge follows its ports' MTU unless it was changed after it was made; giving
                # it at creation does not count, nor setting what it has already (br_if.c).
                _apply(sock, SetLink(name=action.name, mtu=action.mtu))
        case SetLink():
            sock.request(link.NEW, link.build(_changed_link(sock, action)))
        case SetWireguard(name=name, wireguard=wanted, alias=alias):
            from ichor.linux import wireguard  # only for who has some

            wireguard.write(name, wanted)
            sock.request(link.NEW, link.build(link.Link(ifindex=_index(sock, name), alias=alias)))
        case DeleteLink(name=name):
            sock.request(link.DELETE, link.build(link.Link(name=name)))
        case Add(what=what):
            _add(sock, what)
        case Delete(what=what):
            _delete(sock, what)
        case Announce(link=name, address=what):
            from ichor.linux.announce import announce  # only for who shares one

            announce(name, what)


def indices(sock: Socket) -> Mapping[str, int]:
    seen = (link.parse(each.payload) for each in sock.dump(link.GET, link.build(link.Link())))
    return {each.name: each.ifindex for each in seen}


def _index(sock: Socket, name: str) -> int:
    if not name:
        return 0
    try:
        return indices(sock)[name]
    except KeyError:
        raise OSError(19, "No such device", name) from None


def _new_link(sock: Socket, action: CreateLink) -> link.Link:
    made = link_kind.write(action.kind, action.group, partial(_index, sock))
    return link.Link(
        name=action.name,
        mac=action.mac,
        mtu=None if isinstance(action.kind, BridgeKind) else action.mtu or None,
        link=made.lower,
        kind=made.name,
        settings=made.settings,
        group=action.group,
    )


def _changed_link(sock: Socket, action: SetLink) -> link.Link:
    return link.Link(
        ifindex=_index(sock, action.name),
        flags=(link.UP if action.up else 0) | (link.MULTICAST if action.multicast else 0),
        change=(link.UP if action.up is not None else 0)
        | (link.MULTICAST if action.multicast is not None else 0),
        mtu=action.mtu,
        mac=action.mac or "",
        master=None if action.master is None else _index(sock, action.master),
        alias=action.alias,
    )


def _add(sock: Socket, what: Address | Route | Neighbour | Rule) -> None:
    match what:
        case Address():
            sock.request(address.NEW, address.build(_address(sock, what)), _PUT)
        case Route():
            sock.request(route.NEW, route.build(_route(sock, what)), _PUT)
        case Neighbour():
            sock.request(neighbour.NEW, neighbour.build(_neighbour(sock, what)), _PUT)
        case Rule():
            sock.request(rule.NEW, rule.build(_rule(what)), _MAKE)


def _delete(sock: Socket, what: Address | Route | Neighbour | Rule) -> None:
    match what:
        case Address():
            sock.request(address.DELETE, address.build(_address(sock, what)))
        case Route():
            sock.request(route.DELETE, route.build(_route(sock, what)))
        case Neighbour():
            sock.request(neighbour.DELETE, neighbour.build(_neighbour(sock, what)))
        case Rule():
            sock.request(rule.DELETE, rule.build(_rule(what)))


def _split(text: str) -> tuple[str, int]:
    plain, _, length = text.partition("/")
    return plain, int(length or 0)


def _address(sock: Socket, what: Address) -> address.Address:
    local, prefix = _split(what.address)
    return address.Address(
        _index(sock, what.link),
        local,
        prefix,
        scope=what.scope,
        flags=address.SHARED if what.shared else 0,
        protocol=what.protocol,
        priority=what.priority,
    )


def _route(sock: Socket, what: Route) -> route.Route:
    destination, prefix = _split(what.destination)
    return route.Route(
        family=AF_INET6 if what.ipv6 else AF_INET,
        destination=destination,
        prefix=prefix,
        gateway=what.gateway,
        ifindex=_index(sock, what.link),
        source=what.source,
        table=what.table,
        priority=what.priority,
        protocol=what.protocol,
        scope=what.scope,
        type=what.type,
        flags=route.ONLINK if what.onlink else 0,
        mtu=what.mtu,
    )


def _neighbour(sock: Socket, what: Neighbour) -> neighbour.Neighbour:
    family = AF_BRIDGE if what.forwarding else family_of(what.address)
    return neighbour.Neighbour(
        family=family,
        ifindex=_index(sock, what.link),
        mac=what.mac,
        address=what.address,
        state=neighbour.PERMANENT,
        flags=neighbour.SELF if what.forwarding else 0,
    )


def _rule(what: Rule) -> rule.Rule:
    source, source_prefix = _split(what.source)
    destination, destination_prefix = _split(what.destination)
    return rule.Rule(
        family=AF_INET6 if what.ipv6 else AF_INET,
        source=source,
        source_prefix=source_prefix,
        destination=destination,
        destination_prefix=destination_prefix,
        table=what.table,
        priority=what.priority,
        mark=what.mark,
        mask=what.mask,
        incoming=what.incoming,
        outgoing=what.outgoing,
        action=what.action,
        protocol=what.protocol,
    )
