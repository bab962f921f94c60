"""Equinix Metal (metadata service): one JSON text; all cards are ports of one bond."""

from collections.abc import Iterator
from typing import Final

from ichor.errors import FormatError
from ichor.formats.cloud_values import plain, prefixed
from ichor.formats.jsonvalue import Object, at, decode_object, obj, objs, text, texts, whole
from ichor.formats.platform import Answer, Bond, Instance, Link, Match, Network, Route
from ichor.peers.platform.program import Program, config_of, get

_ROOT: Final = "https://metadata.platformequinix.com"
_BOND: Final = "bond0"
# admin-guide: networking/bonding, by the numbers of the module's parameter
_MODES: Final = (
    *("balance-rr", "active-backup", "balance-xor", "broadcast"),
    *("802.3ad", "balance-tlb", "balance-alb"),
)


def equinix() -> Program:
    """Raises FormatError, InputError."""
    said = decode_object((yield from get(f"{_ROOT}/metadata")))
    addresses = [
        one for one in objs(said, "network", "addresses") if at(one, "enabled") is not False
    ]
    public = tuple(text(one, "address") for one in addresses if at(one, "public") is True)
    instance = Instance(
        hostname=text(said, "hostname"),
        region=text(said, "metro"),
        zone=text(said, "facility"),
        type=text(said, "plan"),
        id=text(said, "id"),
        provider_id=f"equinixmetal://{text(said, 'id')}",
        external=public,
        tags=dict.fromkeys(texts(said, "tags"), ""),
    )
    data = yield from get(f"{_ROOT}/userdata", optional=True)
    network = Network(links=_links(obj(said, "network"), addresses, texts(said, "private_subnets")))
    return Answer(config=config_of(data), instance=instance, network=network)


def _links(network: Object, addresses: list[Object], private: tuple[str, ...]) -> tuple[Link, ...]:
    mode = whole(network, "bonding", "mode")
    if not 0 <= mode < len(_MODES):
        raise FormatError(f"a mode of bonds, not {mode}")
    cards = objs(network, "interfaces")
    ports = tuple(
        Link(id=text(one, "name"), match=Match(mac=text(one, "mac").lower())) for one in cards
    )
    bond = Link(
        id=_BOND,
        bond=Bond(ports=tuple(port.id for port in ports), mode=_MODES[mode], miimon=100),
        addresses=tuple(prefixed(text(one, "address"), _bits(one)) for one in addresses),
        routes=tuple(route for one in addresses for route in _routes(one, private)),
    )
    return *ports, bond


def _bits(address: Object) -> str:
    return str(whole(address, "cidr"))


def _routes(address: Object, private: tuple[str, ...]) -> Iterator[Route]:
    """The default by the public gateway, the private networks by the private one."""
    gateway = plain(text(address, "gateway"))
    if at(address, "public") is True:
        yield Route(gateway=gateway)
    else:
        for network in private:
            yield Route(destination=network, gateway=gateway)
