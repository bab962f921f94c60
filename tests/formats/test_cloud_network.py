"""network-config of NoCloud: both versions say the same network, nonsense is refused in words."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError, InputError
from ichor.formats.cloud_network import parse
from ichor.formats.platform import Bond, Link, Match, Network, Route, Vlan

MAC = "52:54:00:12:34:56"
V1 = f"""\
network:
  version: 1
  config:
    - {{type: loopback, name: lo}}
    - type: physical
      name: eth0
      mac_address: "{MAC.upper()}"
      mtu: 1400
      subnets:
        - type: static
          address: 192.0.2.10
          netmask: 255.255.255.0
          gateway: 192.0.2.1
          dns_nameservers: [192.0.2.53]
          dns_search: [example.org]
          routes:
            - {{network: 198.51.100.0, netmask: 255.255.255.0, gateway: 192.0.2.2, metric: 7}}
        - {{type: static6, address: "2001:db8::10/64", gateway: "2001:db8::1"}}
    - type: vlan
      name: eth0.7
      vlan_link: eth0
      vlan_id: 7
      subnets: [{{type: dhcp}}]
    - type: nameserver
      address: ["2001:db8::53"]
      search: example.net
"""
V2 = f"""\
version: 2
ethernets:
  eth0:
    match: {{macaddress: "{MAC}"}}
    set-name: lan
    mtu: 1400
    addresses: [192.0.2.10/24, {{"2001:db8::10/64": {{lifetime: 0}}}}]
    gateway4: 192.0.2.1
    nameservers: {{addresses: [192.0.2.53, "2001:db8::53"], search: [example.org, example.net]}}
    routes:
      - {{to: 198.51.100.0/24, via: 192.0.2.2, metric: 7}}
      - {{to: default, via: "2001:db8::1"}}
vlans:
  eth0.7: {{id: 7, link: eth0, dhcp4: yes}}
"""
ETH0 = Link(
    id="eth0",
    match=Match(mac=MAC),
    mtu=1400,
    addresses=("192.0.2.10/24", "2001:db8::10/64"),
    routes=(
        Route(gateway="192.0.2.1"),
        Route(destination="198.51.100.0/24", gateway="192.0.2.2", metric=7),
        Route(gateway="2001:db8::1"),
    ),
)
VLAN = Link(id="eth0.7", vlan=Vlan(id=7, parent="eth0"), dhcp4=True)
EXPECTED = Network(
    links=(ETH0, VLAN),
    name_servers=("192.0.2.53", "2001:db8::53"),
    search_domains=("example.org", "example.net"),
)


@pytest.mark.parametrize("text", [V1, V2], ids=["version 1", "version 2"])
def test_both_versions_say_the_same(text: str) -> None:
    assert parse(text.encode()) == EXPECTED


@pytest.mark.parametrize("text", ["", "network: {config: disabled}", "network:\n"])
def test_nothing_is_said(text: str) -> None:
    assert parse(text.encode()) == Network()


def test_bonds() -> None:
    params = "{bond-mode: 802.3ad, bond-miimon: 50}"
    one = f"{{type: bond, name: b, bond_interfaces: [e1], params: {params}}}"
    bond = Bond(ports=("e1",), mode="802.3ad", miimon=50)
    (link,) = parse(f"version: 1\nconfig: [{one}]".encode()).links
    assert link.bond == bond
    two = "{interfaces: [e1], parameters: {mode: 802.3ad, mii-monitor-interval: 50}}"
    (link,) = parse(f"version: 2\nbonds: {{b: {two}}}".encode()).links
    assert link.bond == bond


def test_a_route_of_no_link_goes_where_its_gateway_is() -> None:
    text = """\
version: 1
config:
  - {type: physical, name: a, subnets: [{type: static, address: 192.0.2.1/24}]}
  - {type: physical, name: b, subnets: [{type: static, address: 198.51.100.1/24}]}
  - {type: route, destination: 203.0.113.0/24, gateway: 198.51.100.9}
"""
    a, b = parse(text.encode()).links
    assert a.routes == ()
    assert b.routes == (Route(destination="203.0.113.0/24", gateway="198.51.100.9"),)


def test_all_kinds_of_leases() -> None:
    kinds = "[{type: dhcp4}, {type: dhcp6}, {type: manual}, {type: ipv6_slaac}]"
    text = f"version: 1\nconfig: [{{type: physical, name: e, subnets: {kinds}}}]"
    (link,) = parse(text.encode()).links
    assert (link.dhcp4, link.dhcp6, link.addresses) == (True, True, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "a map"),
        ("version: 3", "version 1 or 2, not 3"),
        ("version: 2\nwifis: {}", "'wifis'"),
        ("version: 1\nconfig: [{type: bridge}]", "'bridge'"),
        ("version: 1\nconfig: {}", "config to be a list"),
        ("version: 1\nconfig: [{type: physical, subnets: [{type: ppp}]}]", "'ppp'"),
        ("version: 2\nethernets: {e: {addresses: [1.2.3]}}", "'1.2.3'"),
        ("version: 2\nethernets: {e: {gateway4: here}}", "'here'"),
        ("version: 2\nethernets: {e: {routes: [{to: there}]}}", "'there'"),
        ("version: 2\nethernets: {e: {routes: [{via: 192.0.2.1}]}}", "`to`"),
        ("version: 2\nethernets: {e: {match: {driver: virtio_net}}}", "macaddress or name"),
        ("version: 2\nethernets: {e: {mtu: much}}", "mtu to be a number"),
        ("version: 2\nethernets: {e: {dhcp4: perhaps}}", "dhcp4 to be true or false"),
        ("version: 2\nethernets: {e: {match: {name: 7}}}", "name to be text"),
        ("version: 1\nconfig: [{type: route, gateway: 192.0.2.1}]", "reaches the gateway"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(FormatError, match=said.replace("[", r"\[")):
        parse(text.encode())


WORDS = st.sampled_from(
    [*V1.split(), *V2.split(), "\n", "  ", "- ", ":", "{", "}", "[", "]", "null", "1", "-"]
)


@given(st.lists(WORDS, max_size=40))
def test_whatever_comes_is_read_or_refused(words: list[str]) -> None:
    with contextlib.suppress(FormatError, InputError):
        parse(" ".join(words).encode())


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError, InputError):
        parse(data)


def test_a_gateway_may_be_on_the_link_though_no_prefix_says_so() -> None:
    route = "{to: default, via: 172.31.1.1, on-link: true}"
    text = f"version: 2\nethernets: {{e: {{addresses: [192.0.2.7/32], routes: [{route}]}}}}"
    (link,) = parse(text.encode()).links
    assert link.routes == (Route(gateway="172.31.1.1", onlink=True),)
