"""NoCloud (cloud-init: datasource NoCloud): a disk labelled `cidata`, or a server by SMBIOS.

    ds=nocloud;s=http://192.0.2.1/seed/;h=name;i=id      the machine's serial number

`user-data` is the machine configuration, `meta-data` and `network-config` are as cloud-init reads
them. Where the serial number names a server, only that is asked.
"""

from collections.abc import Generator, Mapping
from typing import Final

from ichor.errors import FormatError
from ichor.formats import cloud_network
from ichor.formats.platform import Answer, Instance
from ichor.formats.yaml.values import load
from ichor.peers.platform.program import (
    Files,
    Program,
    Reply,
    Request,
    config_of,
    get,
    read_disk,
)

LABELS: Final = ("cidata",)
USER, META, NETWORK = "user-data", "meta-data", "network-config"
_SOURCES: Final = frozenset({"nocloud", "nocloud-net"})
_LONG: Final = {"s": "seedfrom", "h": "local-hostname", "i": "instance-id"}


def nocloud(serial: str) -> Program:
    """Raises FormatError, InputError, Problems."""
    words = words_of(serial)
    seed = words.get("seedfrom", "")
    if seed.startswith(("http://", "https://")):
        files: Files | None = yield from _fetch(seed)
    else:
        files = yield from read_disk(LABELS, USER, META, NETWORK)
    if files is None:
        return Answer(instance=_instance({}, words)) if words else None
    return Answer(
        config=config_of(files.get(USER, b"")),
        instance=_instance(_meta(files.get(META, b"")), words),
        network=cloud_network.parse(files.get(NETWORK, b"")),
    )


def words_of(serial: str) -> Mapping[str, str]:
    """Give what a serial number says, by long names; nothing where it is only a number."""
    first, *others = serial.strip().split(";")
    if first.removeprefix("ds=") not in _SOURCES or not first.startswith("ds="):
        return {}
    pairs = (one.partition("=") for one in others)
    return {_LONG.get(key.strip(), key.strip()): value.strip() for key, _, value in pairs}


def _fetch(seed: str) -> Generator[Request, Reply, Files]:
    base = seed if seed.endswith(("/", "=")) else f"{seed}/"
    return {
        META: (yield from get(f"{base}{META}")),
        USER: (yield from get(f"{base}{USER}", optional=True)),
        NETWORK: (yield from get(f"{base}{NETWORK}", optional=True)),
    }


def _meta(data: bytes) -> Mapping[str, str]:
    """Give the texts of meta-data. Raises FormatError, Problems."""
    documents = load(data, file=META)
    if not documents:
        return {}
    if not isinstance(documents[0], dict):
        raise FormatError("meta-data to be a map")
    found = documents[0].items()
    return {key: str(value) for key, value in found if isinstance(value, str | int)}


def _instance(meta: Mapping[str, str], words: Mapping[str, str]) -> Instance:
    """What the machine itself says comes before what it is told."""
    said = {**meta, **words}
    return Instance(
        hostname=said.get("local-hostname") or said.get("hostname", ""),
        id=said.get("instance-id", ""),
        type=said.get("instance-type", ""),
        region=said.get("region", ""),
        zone=said.get("availability-zone") or said.get("zone", ""),
        provider_id=said.get("provider-id", ""),
    )
