"""The netlink codec: its own inverse, deaf to garbage, and of one mind with pyroute2."""

import base64
import ipaddress
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroute2.netlink.generic.wireguard import wgmsg
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from ichor.errors import FormatError
from ichor.protocols.netlink import (
    address,
    bond,
    link,
    link_kind,
    message,
    neighbour,
    route,
    rule,
    wireguard,
)
from ichor.protocols.netlink.message import Message
from ichor.protocols.netlink.wire import AF_BRIDGE, AF_INET, AF_INET6

U32 = st.integers(0, 2**32 - 1)
INDEX = st.integers(1, 2**31 - 1)
IPV4 = st.integers(0, 2**32 - 1).map(lambda n: str(ipaddress.IPv4Address(n)))
IPV6 = st.integers(0, 2**128 - 1).map(lambda n: str(ipaddress.IPv6Address(n)))
MAC = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
NAME = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789._-", min_size=1, max_size=15)

U8 = st.integers(0, 255)
OPTIONS = st.builds(
    bond.Options,
    **{name: st.integers(0, (1 << 8 * octets) - 1) for name, octets in bond.NUMBERS.values()},
    arp_targets=st.lists(IPV4, max_size=3).map(tuple),
    ipv6_targets=st.lists(IPV6, max_size=3).map(tuple),
)
BONDS = st.builds(bond.Bond, OPTIONS, st.integers(0, (1 << 32) - 1))
SETTINGS = st.one_of(
    st.tuples(st.just("bridge"), st.builds(link_kind.Bridge, st.booleans(), st.booleans())),
    st.tuples(
        st.just("vlan"),
        st.builds(link_kind.Vlan, st.integers(1, 4094), st.sampled_from([0x8100, 0x88A8])),
    ),
    st.tuples(st.just("vrf"), st.builds(link_kind.Vrf, U32)),
    st.tuples(st.just("bond"), BONDS),
    st.tuples(
        st.just("vxlan"),
        st.builds(
            link_kind.Vxlan,
            id=st.integers(0, 2**24 - 1),
            port=st.integers(0, 65535),
            local=st.one_of(st.just(""), IPV4, IPV6),
            link=st.integers(0, 1000),
            learning=st.booleans(),
        ),
    ),
    st.tuples(st.just("dummy"), st.none()),
)
LINKS = st.builds(
    lambda kind, **rest: link.Link(kind=kind[0], settings=kind[1], **rest),
    kind=SETTINGS,
    name=NAME,
    ifindex=INDEX,
    flags=U32,
    mac=st.one_of(st.just(""), MAC),
    mtu=st.one_of(st.none(), U32),
    master=st.one_of(st.none(), U32),
    queue=st.one_of(st.none(), U32),
    group=U32,
)
ADDRESSES = st.one_of(
    *[
        st.builds(
            address.Address,
            ifindex=INDEX,
            local=ips,
            prefix=st.integers(0, 32),
            peer=st.just(""),
            broadcast=st.just(""),
            label=st.one_of(st.just(""), NAME),
            scope=st.integers(0, 255),
            flags=U32.filter(bool),
            priority=U32,
            protocol=st.integers(0, 255),
        )
        for ips in (IPV4, IPV6)
    ]
)


def _routes(family: int, ips: st.SearchStrategy[str]) -> st.SearchStrategy[route.Route]:
    maybe = st.one_of(st.just(""), ips)
    return st.builds(
        route.Route,
        family=st.just(family),
        flags=U32,
        destination=maybe,
        prefix=st.integers(0, 32),
        gateway=maybe,
        ifindex=st.integers(0, 1000),
        source=maybe,
        table=U32,
        priority=U32,
        protocol=st.integers(0, 255),
        scope=st.integers(0, 255),
        type=st.integers(0, 11),
        mtu=U32,
        hops=st.lists(st.builds(route.Hop, INDEX, maybe), max_size=3).map(tuple),
    )


ROUTES = st.one_of(_routes(AF_INET, IPV4), _routes(AF_INET6, IPV6))
NEIGHBOURS = st.builds(
    neighbour.Neighbour,
    family=st.sampled_from([AF_INET, AF_BRIDGE]),
    ifindex=INDEX,
    mac=MAC,
    address=IPV4,
    state=st.integers(0, 255),
    flags=st.integers(0, 255),
)
RULES = st.builds(
    rule.Rule,
    family=st.just(AF_INET),
    flags=U32,
    action=st.integers(0, 255),
    source=st.one_of(st.just(""), IPV4),
    destination_prefix=st.integers(0, 32),
    source_prefix=st.integers(0, 32),
    destination=st.one_of(st.just(""), IPV4),
    table=U32,
    priority=U32,
    mark=st.integers(1, 2**32 - 1),
    mask=U32,
    incoming=st.one_of(st.just(""), NAME),
    outgoing=st.one_of(st.just(""), NAME),
    protocol=U8,
)
KEYS = st.binary(min_size=32, max_size=32)
ENDPOINTS = st.one_of(
    st.just(""),
    st.tuples(IPV4, st.integers(0, 65535)).map(lambda each: f"{each[0]}:{each[1]}"),
    st.tuples(IPV6, st.integers(0, 65535)).map(lambda each: f"[{each[0]}]:{each[1]}"),
)
NETWORKS = st.one_of(st.tuples(IPV4, st.integers(0, 32)), st.tuples(IPV6, st.integers(0, 128))).map(
    lambda each: str(ipaddress.ip_network(each, strict=False))
)
PEERS = st.builds(
    wireguard.Peer,
    key=KEYS,
    preshared=st.one_of(st.just(b""), KEYS.filter(any)),
    endpoint=ENDPOINTS,
    keepalive=st.integers(0, 65535),
    allowed=st.lists(NETWORKS, max_size=3).map(tuple),
)
DEVICES = st.builds(
    wireguard.Device,
    name=NAME,
    private=KEYS,
    public=st.just(b""),
    port=st.integers(0, 65535),
    mark=U32,
    peers=st.lists(PEERS, max_size=3, unique_by=lambda peer: peer.key).map(tuple),
)


@given(DEVICES)
def test_wireguard_devices_survive(value: wireguard.Device) -> None:
    assert wireguard.parse([wireguard.set_(value)]) == value


@given(PEERS)
def test_a_peer_that_goes_on_in_the_next_message_is_one(value: wireguard.Peer) -> None:
    parts = [value._replace(allowed=value.allowed[:1]), value._replace(allowed=value.allowed[1:])]
    answers = [wireguard.set_(wireguard.Device("wg0", peers=(part,))) for part in parts]
    assert wireguard.parse(answers).peers == (value,)


@given(LINKS)
def test_links_survive(value: link.Link) -> None:
    assert link.parse(link.build(value)) == value


@given(ADDRESSES)
def test_addresses_survive(value: address.Address) -> None:
    assert address.parse(address.build(value)) == value


@given(ROUTES)
def test_routes_survive(value: route.Route) -> None:
    assert route.parse(route.build(value)) == value


@given(NEIGHBOURS)
def test_neighbours_survive(value: neighbour.Neighbour) -> None:
    assert neighbour.parse(neighbour.build(value)) == value


@given(RULES)
def test_rules_survive(value: rule.Rule) -> None:
    assert rule.parse(rule.build(value)) == value


@given(st.lists(st.builds(Message, *[st.integers(0, 65535)] * 3, st.binary(max_size=20), U32)))
def test_a_datagram_of_messages_survives(messages: list[Message]) -> None:
    raw = b"".join(message.build(each) for each in messages)
    assert list(message.parse(raw)) == messages


PARSERS: tuple[Callable[[bytes], object], ...] = (
    lambda raw: list(message.parse(raw)),
    lambda raw: message.failure(Message(message.ERROR, message.ACK_TLVS, 1, raw)),
    link.parse,
    address.parse,
    route.parse,
    neighbour.parse,
    rule.parse,
    lambda raw: wireguard.parse([raw]),
)


@pytest.mark.parametrize("parse", PARSERS)
@given(
    raw=st.one_of(
        st.binary(max_size=64),
        LINKS.map(link.build),
        ROUTES.map(route.build),
        DEVICES.map(wireguard.set_),
    )
)
def test_garbage_raises_format_errors_only(parse: Callable[[bytes], object], raw: bytes) -> None:
    try:
        parse(raw)
    except FormatError:
        return


@given(ROUTES.map(route.build), st.data())
def test_a_truncated_route_raises_format_errors_only(raw: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(raw)))
    try:
        route.parse(raw[:cut])
    except FormatError:
        return


FEW = settings(max_examples=30, deadline=None)  # pyroute2 takes a while for each


def plain(text: object) -> str:
    """Give an address as we spell it: glibc writes ::1:0 as ::0.1.0.0."""
    return str(ipaddress.ip_address(str(text))) if text else ""


class Peer:
    """What pyroute2 reads from a payload of ours."""

    def __init__(self, kind: type, payload: bytes) -> None:
        raw = message.build(Message(16, 0, 1, payload))
        self.message = kind(raw)
        self.message.decode()

    def __getitem__(self, name: str) -> object:
        return self.message[name]

    def get(self, name: str) -> object:
        return self.message.get_attr(name)


@FEW
@given(LINKS)
def test_pyroute2_reads_our_links(value: link.Link) -> None:
    peer = Peer(ifinfmsg, link.build(value))
    assert peer["index"] == value.ifindex
    assert peer["flags"] == value.flags
    assert peer.get("IFLA_IFNAME") == value.name
    assert peer.get("IFLA_MTU") == value.mtu
    assert peer.get("IFLA_MASTER") == value.master
    assert peer.get("IFLA_ADDRESS") == (value.mac or None)
    info = peer.message.get_attr("IFLA_LINKINFO")
    assert info.get_attr("IFLA_INFO_KIND") == value.kind
    data = info.get_attr("IFLA_INFO_DATA")
    match value.settings:
        case link_kind.Vxlan() as vxlan:
            assert data.get_attr("IFLA_VXLAN_ID") == vxlan.id
            assert data.get_attr("IFLA_VXLAN_PORT") == vxlan.port
            assert data.get_attr("IFLA_VXLAN_LEARNING") == vxlan.learning
            local = data.get_attr("IFLA_VXLAN_LOCAL") or data.get_attr("IFLA_VXLAN_LOCAL6")
            assert plain(local) == vxlan.local
        case link_kind.Vlan(id=id):
            assert data.get_attr("IFLA_VLAN_ID") == id
        case link_kind.Bridge(stp=stp):
            assert data.get_attr("IFLA_BR_STP_STATE") == stp
        case link_kind.Vrf(table=table):
            assert data.get_attr("IFLA_VRF_TABLE") == table
        case bond.Bond(options=told):
            default = bond.Options()
            for name in ("mode", "miimon", "min_links", "ad_lacp_rate", "ad_actor_sys_prio"):
                field = name.replace("ad_lacp", "lacp")
                said = data.get_attr(f"IFLA_BOND_{name.upper()}") if data else None
                assert (getattr(default, field) if said is None else said) == getattr(told, field)
        case _:
            assert data is None


@FEW
@given(ADDRESSES)
def test_pyroute2_reads_our_addresses(value: address.Address) -> None:
    peer = Peer(ifaddrmsg, address.build(value))
    assert (peer["index"], peer["prefixlen"], peer["scope"]) == (
        value.ifindex,
        value.prefix,
        value.scope,
    )
    assert plain(peer.get("IFA_ADDRESS")) == value.local
    assert peer.get("IFA_FLAGS") == value.flags


@FEW
@given(ROUTES)
def test_pyroute2_reads_our_routes(value: route.Route) -> None:
    peer = Peer(rtmsg, route.build(value))
    assert (peer["family"], peer["dst_len"], peer["proto"], peer["type"]) == (
        value.family,
        value.prefix,
        value.protocol,
        value.type,
    )
    assert plain(peer.get("RTA_DST")) == value.destination
    assert plain(peer.get("RTA_GATEWAY")) == value.gateway
    assert plain(peer.get("RTA_PREFSRC")) == value.source
    assert peer.get("RTA_TABLE") == value.table
    assert (peer.get("RTA_OIF") or 0) == value.ifindex
    assert (peer.get("RTA_PRIORITY") or 0) == value.priority


@FEW
@given(NEIGHBOURS)
def test_pyroute2_reads_our_neighbours(value: neighbour.Neighbour) -> None:
    peer = Peer(ndmsg, neighbour.build(value))
    assert (peer["ifindex"], peer["state"], peer["flags"]) == (
        value.ifindex,
        value.state,
        value.flags,
    )
    assert peer.get("NDA_DST") == value.address
    assert peer.get("NDA_LLADDR") == value.mac


@FEW
@given(RULES)
def test_pyroute2_reads_our_rules(value: rule.Rule) -> None:
    peer = Peer(fibmsg, rule.build(value))
    assert peer["src_len"] == value.source_prefix
    assert peer.get("FRA_TABLE") == value.table
    assert peer.get("FRA_PRIORITY") == value.priority
    assert peer.get("FRA_FWMARK") == value.mark
    assert peer.get("FRA_FWMASK") == value.mask
    assert (peer.get("FRA_IIFNAME") or "") == value.incoming
    assert (peer.get("FRA_OIFNAME") or "") == value.outgoing
    assert (peer.get("FRA_PROTOCOL") or 0) == value.protocol


@FEW
@given(DEVICES)
def test_pyroute2_reads_our_wireguard_devices(value: wireguard.Device) -> None:
    said = Peer(wgmsg, wireguard.set_(value))
    assert said.get("WGDEVICE_A_IFNAME") == value.name
    assert said.get("WGDEVICE_A_LISTEN_PORT") == value.port
    peers = said.get("WGDEVICE_A_PEERS")
    assert isinstance(peers, list)
    keys = [peer.get_attr("WGPEER_A_PUBLIC_KEY") for peer in peers]
    assert [base64.b64decode(key) for key in keys] == [peer.key for peer in value.peers]
    kept = [peer.get_attr("WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL") for peer in peers]
    assert kept == [peer.keepalive for peer in value.peers]
