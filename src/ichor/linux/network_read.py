"""A snapshot of the network: dumps of rtnetlink -> values of the port."""

from collections.abc import Iterator, Mapping

from ichor.linux import link_kind
from ichor.linux.netlink import Socket
from ichor.ports.network import Address, Hardware, Link, Neighbour, Network, Route, Rule
from ichor.protocols.netlink import address, link, neighbour, route, rule
from ichor.protocols.netlink.wire import AF_BRIDGE, AF_INET, AF_INET6, AF_UNSPEC

Names = Mapping[int, str]
_RULE_OF_KERNEL = 2  # RTPROT_KERNEL
_OF_KERNEL = 3  # IFAPROT_KERNEL_*: loopback, router advertisement, link-local


def read_network(sock: Socket) -> Network:
    links = [link.parse(each.payload) for each in sock.dump(link.GET, link.build(link.Link()))]
    names = {each.ifindex: each.name for each in links}
    return Network(
        links=tuple(_link(each, names) for each in sorted(links, key=lambda each: each.ifindex)),
        addresses=tuple(sorted(_addresses(sock, names), key=_key)),
        routes=tuple(sorted(_routes(sock, names), key=_key)),
        neighbours=tuple(sorted(_neighbours(sock, names), key=_key)),
        rules=tuple(sorted(_rules(sock), key=_key)),
    )


def _key(value: Address | Route | Neighbour | Rule) -> str:
    return repr(value)


def _link(seen: link.Link, names: Names) -> Link:
    physical = seen.hardware == link.ETHERNET and not seen.kind
    return Link(
        name=seen.name,
        index=seen.ifindex,
        kind=link_kind.read(seen, names),
        loopback=bool(seen.flags & link.LOOPBACK),
        physical=physical,
        mac=seen.mac,
        mtu=seen.mtu or 0,
        up=bool(seen.flags & link.UP),
        running=bool(seen.flags & link.RUNNING),
        operational=link.OPERATIONAL[min(seen.operational, len(link.OPERATIONAL) - 1)],
        master=names.get(seen.master or 0, ""),
        group=seen.group,
        alias=seen.alias or "",
        multicast=bool(seen.flags & link.MULTICAST),
        permanent_mac=seen.permanent_mac,
        hardware=_hardware(seen.name) if physical else Hardware(),
    )


def _hardware(name: str) -> Hardware:
    from ichor.linux.driver import hardware  # only for who has some

    return hardware(name)


def _addresses(sock: Socket, names: Names) -> Iterator[Address]:
    for each in sock.dump(address.GET, bytes([AF_UNSPEC]) + bytes(7)):
        seen = address.parse(each.payload)
        yield Address(
            link=names.get(seen.ifindex, ""),
            address=f"{seen.local}/{seen.prefix}",
            scope=seen.scope,
            dynamic=not seen.flags & address.PERMANENT,
            protocol=seen.protocol if seen.protocol > _OF_KERNEL else 0,
            priority=seen.priority,
            shared=seen.scope == 0 and seen.flags & address.SHARED == address.SHARED,
        )


def _routes(sock: Socket, names: Names) -> Iterator[Route]:
    for each in sock.dump(route.GET, bytes([AF_UNSPEC]) + bytes(11)):
        seen = route.parse(each.payload)
        own = seen.table == route.LOCAL_TABLE or seen.flags & route.CLONED
        if seen.family in (AF_INET, AF_INET6) and not own:
            yield _route(seen, names)


def _route(seen: route.Route, names: Names) -> Route:
    first = seen.hops[0] if seen.hops else route.Hop(seen.ifindex, seen.gateway)
    return Route(
        destination=f"{seen.destination}/{seen.prefix}" if seen.destination else "",
        gateway=first.gateway,
        link=names.get(first.ifindex, ""),
        source=seen.source,
        table=seen.table,
        priority=seen.priority,
        protocol=seen.protocol,
        scope=seen.scope,
        type=seen.type,
        onlink=bool(seen.flags & route.ONLINK),
        mtu=seen.mtu,
        ipv6=seen.family == AF_INET6,
    )


def _neighbours(sock: Socket, names: Names) -> Iterator[Neighbour]:
    for family in (AF_UNSPEC, AF_BRIDGE):
        for each in sock.dump(neighbour.GET, bytes([family]) + bytes(11)):
            seen = neighbour.parse(each.payload)
            if seen.state & neighbour.PERMANENT and seen.address:
                yield Neighbour(
                    link=names.get(seen.ifindex, ""),
                    address=seen.address,
                    mac=seen.mac,
                    forwarding=seen.is_forwarding,
                )


def _rules(sock: Socket) -> Iterator[Rule]:
    for each in sock.dump(rule.GET, bytes([AF_UNSPEC]) + bytes(11)):
        seen = rule.parse(each.payload)
        # That of all VRFs has no table of its own; the kernel adds it with the first of them.
        is_shared = seen.action == rule.TO_TABLE and not seen.table
        if seen.family in (AF_INET, AF_INET6) and seen.action in rule.ACTIONS and not is_shared:
            yield Rule(
                priority=seen.priority,
                table=seen.table,
                source=f"{seen.source}/{seen.source_prefix}" if seen.source else "",
                destination=(
                    f"{seen.destination}/{seen.destination_prefix}" if seen.destination else ""
                ),
                mark=seen.mark,
                mask=seen.mask,
                incoming=seen.incoming,
                outgoing=seen.outgoing,
                action=seen.action,
                protocol=seen.protocol if seen.protocol > _RULE_OF_KERNEL else 0,
                ipv6=seen.family == AF_INET6,
            )
