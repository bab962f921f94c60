"""Which program asks which platform, by its name in `talos.platform`."""

from collections.abc import Callable, Mapping
from typing import Final

from ichor.errors import InputError
from ichor.peers.platform.aws import aws
from ichor.peers.platform.azure import azure
from ichor.peers.platform.digital_ocean import digital_ocean
from ichor.peers.platform.equinix import equinix
from ichor.peers.platform.gcp import gcp
from ichor.peers.platform.hcloud import hcloud
from ichor.peers.platform.metal import metal
from ichor.peers.platform.nocloud import nocloud
from ichor.peers.platform.openstack import openstack
from ichor.peers.platform.oracle import oracle
from ichor.peers.platform.program import Program
from ichor.peers.platform.vultr import vultr
from ichor.ports.config_sources import Platform

_PROGRAMS: Final[Mapping[str, Callable[[], Program]]] = {
    "aws": aws,
    "azure": azure,
    "digital-ocean": digital_ocean,
    "equinixMetal": equinix,
    "gcp": gcp,
    "hcloud": hcloud,
    "openstack": openstack,
    "oracle": oracle,
    "vultr": vultr,
}
NAMES: Final = ("metal", "nocloud", *_PROGRAMS)


def program(platform: Platform) -> Program:
    """Raises InputError for a platform that is not known."""
    if platform.name == "metal":
        return metal(platform.url)
    if platform.name == "nocloud":
        return nocloud(platform.serial)
    made = _PROGRAMS.get(platform.name)
    if made is None:
        hint = f"one of {', '.join(NAMES)}"
        raise InputError(f"unknown platform {platform.name!r}", path="talos.platform", hint=hint)
    return made()
