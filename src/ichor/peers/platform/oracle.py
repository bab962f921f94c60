"""Oracle Cloud (instance metadata, version 2): one JSON text, user data in base64."""

from typing import Final

from ichor.formats.jsonvalue import decode_object, strings, text
from ichor.formats.platform import Answer, Instance
from ichor.peers.platform.encoded import from_base64
from ichor.peers.platform.program import LINK_LOCAL, Headers, Program, config_of, get

_URL: Final = f"{LINK_LOCAL}/opc/v2/instance/"
_HEADERS: Final[Headers] = (("Authorization", "Bearer Oracle"),)


def oracle() -> Program:
    """Raises FormatError, InputError."""
    said = decode_object((yield from get(_URL, _HEADERS)))
    instance = Instance(
        hostname=text(said, "hostname"),
        region=text(said, "canonicalRegionName").lower(),
        zone=text(said, "availabilityDomain").lower(),
        type=text(said, "shape"),
        id=text(said, "id"),
        provider_id=text(said, "id"),
        tags=strings(said, "freeformTags"),
    )
    data = from_base64(strings(said, "metadata").get("user_data", ""))
    return Answer(config=config_of(data), instance=instance)
