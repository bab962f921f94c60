"""OpenStack (Nova: metadata): a disk labelled `config-2`, else the service; the same files."""

from collections.abc import Iterator
from typing import Final

from ichor.formats.cloud_values import destination, plain, prefixed
from ichor.formats.cloud_values import whole as number
from ichor.formats.jsonvalue import Object, decode_object, objs, strings, text, texts, whole
from ichor.formats.platform import Answer, Bond, Instance, Link, Match, Network, Route, Vlan
from ichor.peers.platform.program import LINK_LOCAL, Program, config_of, get, get_text, read_disk

LABELS: Final = ("config-2",)
_ROOT: Final = "openstack/latest"
META, NETWORK, USER = f"{_ROOT}/meta_data.json", f"{_ROOT}/network_data.json", f"{_ROOT}/user_data"
_EC2: Final = f"{LINK_LOCAL}/latest/meta-data"


def openstack() -> Program:
    """Raises FormatError, InputError."""
    found = yield from read_disk(LABELS, META, NETWORK, USER)
    type, external = "", ""
    if found is None:
        found = {
            META: (yield from get(f"{LINK_LOCAL}/{META}")),
            NETWORK: (yield from get(f"{LINK_LOCAL}/{NETWORK}", optional=True)),
            USER: (yield from get(f"{LINK_LOCAL}/{USER}", optional=True)),
        }
        type = yield from get_text(f"{_EC2}/instance-type")
        external = yield from get_text(f"{_EC2}/public-ipv4")
    said = decode_object(found.get(META) or b"{}")
    instance = Instance(
        hostname=text(said, "hostname"),
        zone=text(said, "availability_zone"),
        type=type,
        id=text(said, "uuid"),
        provider_id=f"openstack:///{text(said, 'uuid')}",
        external=(external,) if external else (),
        tags=strings(said, "meta"),
    )
    network = network_of(decode_object(found.get(NETWORK) or b"{}"))
    return Answer(config=config_of(found.get(USER, b"")), instance=instance, network=network)


def network_of(said: Object) -> Network:
    """Read network_data.json. Raises FormatError."""
    networks = objs(said, "networks")
    services = (
        *objs(said, "services"),
        *(one for net in networks for one in objs(net, "services")),
    )
    servers = (text(one, "address") for one in services if text(one, "type") == "dns")
    return Network(
        links=tuple(_link(one, networks) for one in objs(said, "links")),
        name_servers=tuple(dict.fromkeys(map(plain, servers))),
    )


def _link(said: Object, networks: tuple[Object, ...]) -> Link:
    id, kind = text(said, "id"), text(said, "type")
    own = [one for one in networks if text(one, "link") == id]
    kinds = {text(one, "type") for one in own}
    bond = Bond(
        ports=texts(said, "bond_links"),
        mode=text(said, "bond_mode") or "balance-rr",
        miimon=whole(said, "bond_miimon"),
    )
    return Link(
        id=id,
        match=Match(mac=text(said, "ethernet_mac_address").lower()),
        vlan=_vlan(said) if kind == "vlan" else None,
        bond=bond if kind == "bond" else None,
        mtu=whole(said, "mtu"),
        dhcp4="ipv4_dhcp" in kinds,
        dhcp6=bool(kinds & {"ipv6_dhcp", "ipv6_dhcpv6-stateful"}),
        addresses=tuple(_addresses(own)),
        routes=tuple(route for one in own for route in _routes(one)),
    )


def _vlan(said: Object) -> Vlan:
    # A number, or the text of one.
    id = whole(said, "vlan_id") or number(text(said, "vlan_id") or None, "vlan_id")
    return Vlan(id=id, parent=text(said, "vlan_link"))


def _addresses(networks: list[Object]) -> Iterator[str]:
    for one in networks:
        if text(one, "ip_address") and text(one, "type") in {"ipv4", "ipv6"}:
            yield prefixed(text(one, "ip_address"), text(one, "netmask"))


def _routes(network: Object) -> Iterator[Route]:
    gateway = text(network, "gateway")
    if gateway:
        yield Route(gateway=plain(gateway))
    for one in objs(network, "routes"):
        yield Route(
            destination=destination(text(one, "network"), text(one, "netmask")),
            gateway=plain(text(one, "gateway")),
        )
