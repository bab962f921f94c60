"""Options of routers: what each message says, and how long it holds (RFC 8106)."""

import struct
from contextlib import suppress
from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.protocols.netlink.message import attribute
from ichor.protocols.netlink.router_option import FOREVER, RouterOption, parse
from ichor.protocols.router_options import Known, RouterOptions

ROUTER = "fe80::1"
ONE, OTHER = "2001:db8::1", "2001:db8::2"


def option(type_: int, lifetime: int, body: bytes, units: int | None = None) -> bytes:
    length = 1 + len(body) // 8 if units is None else units
    return struct.pack(">BBHI", type_, length, 0, lifetime) + body


def payload(said: bytes, icmp: int = 134) -> bytes:
    head = struct.pack("<BxHiBB6x", 10, len(said), 7, icmp, 0)
    return head + said + attribute(1, IPv6Address(ROUTER).packed)


def servers(lifetime: int, *addresses: str) -> bytes:
    return option(25, lifetime, b"".join(IPv6Address(one).packed for one in addresses))


def test_servers_and_domains_are_read() -> None:
    assert parse(payload(servers(600, ONE, OTHER))) == RouterOption(
        7, ROUTER, 600, servers=(ONE, OTHER)
    )
    names = b"\x03lab\x07example\x00\x01a\x00"
    assert parse(payload(option(31, FOREVER, names.ljust(16, b"\0")))) == RouterOption(
        7, ROUTER, FOREVER, domains=("lab.example", "a")
    )
    assert parse(payload(option(5, 1500, b""))) is None
    assert parse(payload(servers(600, ONE), icmp=135)) is None


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(payload(b""), id="no-option"),
        pytest.param(payload(option(25, 600, b"", units=1)), id="no-address"),
        pytest.param(payload(option(25, 600, bytes(8))), id="half-an-address"),
        pytest.param(payload(option(25, 600, bytes(16), units=9)), id="longer-than-it-is"),
        pytest.param(payload(servers(600, ONE))[:20], id="cut-off"),
    ],
)
def test_what_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(FormatError):
        parse(raw)


@given(st.binary(max_size=64))
def test_whatever_is_said_is_read_or_refused(said: bytes) -> None:
    with suppress(FormatError):
        parse(payload(said))


def test_what_was_said_holds_as_long_as_was_said_last() -> None:
    held = RouterOptions()
    held.hear(RouterOption(7, ROUTER, 600, servers=(ONE, OTHER)), now=0)
    held.hear(RouterOption(7, ROUTER, 100, servers=(ONE,)), now=50)
    assert held.next_end() == 150
    assert held.known(149) == {7: Known(servers=(ONE, OTHER))}
    assert held.known(150) == {7: Known(servers=(OTHER,))}
    held.hear(RouterOption(7, ROUTER, 0, servers=(OTHER,)), now=151)
    assert held.known(151) == {}
    assert held.next_end() == float("inf")


def test_what_holds_for_ever_is_taken_back_or_goes_with_its_link() -> None:
    held = RouterOptions()
    held.hear(RouterOption(7, ROUTER, FOREVER, domains=("a",)), now=0)
    held.hear(RouterOption(8, ROUTER, FOREVER, domains=("b",)), now=0)
    assert held.known(1e12) == {7: Known(domains=("a",)), 8: Known(domains=("b",))}
    held.forget(7)
    held.hear(RouterOption(8, ROUTER, 0, domains=("b",)), now=1)
    assert held.known(1) == {}


def test_of_each_sort_a_link_has_sixteen_at_most() -> None:
    held = RouterOptions()
    many = tuple(f"2001:db8::{number:x}" for number in range(1, 40))
    held.hear(RouterOption(7, ROUTER, 600, servers=many), now=0)
    held.hear(RouterOption(7, ROUTER, 600, domains=("a",)), now=0)
    assert held.known(0) == {7: Known(servers=many[:16], domains=("a",))}
