"""Hetzner Cloud (server metadata): a YAML text whose network is of NoCloud's version 1."""

from typing import Final

from ichor.formats import cloud_network
from ichor.formats.cloud_values import fields
from ichor.formats.platform import Answer, Instance
from ichor.formats.yaml.values import load
from ichor.peers.platform.program import LINK_LOCAL, Program, config_of, get

_ROOT: Final = f"{LINK_LOCAL}/hetzner/v1"


def hcloud() -> Program:
    """Raises FormatError, InputError, Problems."""
    documents = load((yield from get(f"{_ROOT}/metadata")), file="metadata")
    said = fields(documents[0] if documents else {}, "metadata")

    def text(name: str) -> str:
        value = said.get(name)
        return "" if value is None else str(value)

    instance = Instance(
        hostname=text("hostname"),
        region=text("region"),
        zone=text("availability-zone"),
        id=text("instance-id"),
        provider_id=f"hcloud://{text('instance-id')}",
        external=(text("public-ipv4"),) if text("public-ipv4") else (),
    )
    data = yield from get(f"{_ROOT}/userdata", optional=True)
    network = cloud_network.read(fields(said.get("network-config"), "network-config"))
    return Answer(config=config_of(data), instance=instance, network=network)
