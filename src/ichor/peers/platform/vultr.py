"""Vultr (metadata service): one JSON text; private networks have no lease to ask for."""

from typing import Final

from ichor.formats.cloud_values import prefixed
from ichor.formats.jsonvalue import Object, decode_object, objs, text
from ichor.formats.platform import Answer, Instance, Link, Match, Network
from ichor.peers.platform.program import LINK_LOCAL, Program, config_of, get

_ROOT: Final = LINK_LOCAL


def vultr() -> Program:
    """Raises FormatError, InputError."""
    said = decode_object((yield from get(f"{_ROOT}/v1.json")))
    id = text(said, "instance-v2-id") or text(said, "instanceid")
    cards = objs(said, "interfaces")
    external = (text(one, "ipv4", "address") for one in cards if _is_public(one))
    instance = Instance(
        hostname=text(said, "hostname"),
        region=text(said, "region", "regioncode").lower(),
        id=id,
        provider_id=f"vultr://{id}",
        external=tuple(one for one in external if one),
    )
    data = yield from get(f"{_ROOT}/user-data/user-data", optional=True)
    links = tuple(_link(number, card) for number, card in enumerate(cards))
    return Answer(config=config_of(data), instance=instance, network=Network(links=links))


def _is_public(card: Object) -> bool:
    return text(card, "network-type") == "public"


def _link(number: int, card: Object) -> Link:
    address = text(card, "ipv4", "address")
    is_private = not _is_public(card) and bool(address)
    own = prefixed(address, text(card, "ipv4", "netmask")) if is_private else ""
    return Link(
        id=f"nic{number}",
        match=Match(mac=text(card, "mac").lower()),
        dhcp4=not is_private,
        addresses=(own,) if own else (),
    )
