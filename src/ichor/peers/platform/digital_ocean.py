"""DigitalOcean (droplet metadata): one JSON text."""

from collections.abc import Iterator
from typing import Final

from ichor.formats.cloud_values import plain, prefixed
from ichor.formats.jsonvalue import Object, decode_object, objs, text, texts, whole
from ichor.formats.platform import Answer, Instance, Link, Match, Network, Route
from ichor.peers.platform.program import LINK_LOCAL, Program, config_of, get

_URL: Final = f"{LINK_LOCAL}/metadata/v1.json"


def digital_ocean() -> Program:
    """Raises FormatError, InputError."""
    said = decode_object((yield from get(_URL)))
    public = objs(said, "interfaces", "public")
    cards = [(card, True) for card in public]
    cards += [(card, False) for card in objs(said, "interfaces", "private")]
    instance = Instance(
        hostname=text(said, "hostname"),
        region=text(said, "region"),
        id=str(whole(said, "droplet_id")),
        provider_id=f"digitalocean://{whole(said, 'droplet_id')}",
        external=tuple(found for card in public if (found := text(card, "ipv4", "ip_address"))),
        tags=dict.fromkeys(texts(said, "tags"), ""),
    )
    network = Network(
        links=tuple(_link(number, *card) for number, card in enumerate(cards)),
        name_servers=tuple(map(plain, texts(said, "dns", "nameservers"))),
    )
    config = config_of(text(said, "user_data").encode())
    return Answer(config=config, instance=instance, network=network)


def _link(number: int, card: Object, is_public: bool) -> Link:
    return Link(
        id=f"nic{number}",
        match=Match(mac=text(card, "mac").lower()),
        addresses=tuple(_addresses(card)),
        routes=tuple(_routes(card)) if is_public else (),
    )


def _addresses(card: Object) -> Iterator[str]:
    for family in ("ipv4", "anchor_ipv4"):
        if address := text(card, family, "ip_address"):
            yield prefixed(address, text(card, family, "netmask"))
    if address := text(card, "ipv6", "ip_address"):
        yield prefixed(address, str(whole(card, "ipv6", "cidr")))


def _routes(card: Object) -> Iterator[Route]:
    for family in ("ipv4", "ipv6"):
        if gateway := text(card, family, "gateway"):
            yield Route(gateway=plain(gateway))
