"""Google Cloud (Compute Engine: VM metadata): one JSON text, by the address, for names need DNS."""

from typing import Final

from ichor.formats.jsonvalue import decode_object, obj, objs, strings, text, whole
from ichor.formats.platform import Answer, Instance, Link, Match, Network
from ichor.peers.platform.program import LINK_LOCAL, Headers, Program, config_of, get

_URL: Final = f"{LINK_LOCAL}/computeMetadata/v1/?recursive=true&alt=json"
_HEADERS: Final[Headers] = (("Metadata-Flavor", "Google"),)


def gcp() -> Program:
    """Raises FormatError, InputError."""
    said = decode_object((yield from get(_URL, _HEADERS)))
    machine = obj(said, "instance")
    zone, project = _last(text(machine, "zone")), text(said, "project", "projectId")
    attributes = strings(machine, "attributes")
    cards = objs(machine, "networkInterfaces")
    accesses = (text(one, "externalIp") for card in cards for one in objs(card, "accessConfigs"))
    instance = Instance(
        hostname=text(machine, "hostname"),
        region=zone.rpartition("-")[0],
        zone=zone,
        type=_last(text(machine, "machineType")),
        id=str(whole(machine, "id") or text(machine, "id")),
        provider_id=f"gce://{project}/{zone}/{text(machine, 'name')}",
        spot=text(machine, "scheduling", "preemptible") == "TRUE",
        internal_dns=text(machine, "hostname"),
        external=tuple(one for one in accesses if one),
    )
    links = tuple(
        Link(
            id=f"nic{number}",
            match=Match(mac=text(card, "mac").lower()),
            mtu=whole(card, "mtu"),
            dhcp4=True,
        )
        for number, card in enumerate(cards)
    )
    config = config_of(attributes.get("user-data", "").encode())
    return Answer(config=config, instance=instance, network=Network(links=links))


def _last(path: str) -> str:
    return path.rpartition("/")[2]
