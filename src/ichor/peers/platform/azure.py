"""Azure (Instance Metadata Service): one JSON text; the configuration is `userData`, in base64."""

from typing import Final

from ichor.formats.jsonvalue import decode_object, obj, objs, text
from ichor.formats.platform import Answer, Instance
from ichor.peers.platform.encoded import from_base64
from ichor.peers.platform.program import LINK_LOCAL, Headers, Program, config_of, get

_URL: Final = f"{LINK_LOCAL}/metadata/instance?api-version=2021-12-13&format=json"
_HEADERS: Final[Headers] = (("Metadata", "true"),)


def azure() -> Program:
    """Raises FormatError, InputError."""
    said = decode_object((yield from get(_URL, _HEADERS)))
    compute = obj(said, "compute")
    region, zone = text(compute, "location").lower(), text(compute, "zone")
    addresses = (
        text(address, "publicIpAddress")
        for interface in objs(said, "network", "interface")
        for family in ("ipv4", "ipv6")
        for address in objs(interface, family, "ipAddress")
    )
    instance = Instance(
        hostname=text(compute, "osProfile", "computerName") or text(compute, "name"),
        region=region,
        zone=f"{region}-{zone}" if zone else text(compute, "platformFaultDomain"),
        type=text(compute, "vmSize"),
        id=text(compute, "vmId"),
        provider_id=f"azure://{text(compute, 'resourceId')}",
        spot=text(compute, "priority") == "Spot",
        external=tuple(one for one in addresses if one),
        tags={text(one, "name"): text(one, "value") for one in objs(compute, "tagsList")},
    )
    return Answer(config=config_of(from_base64(text(compute, "userData"))), instance=instance)
