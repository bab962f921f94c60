"""network-config of NoCloud, versions 1 and 2 (cloud-init: network configuration formats).

    parse(data) -> platform.Network

What would change nothing here is passed over: names that links were to be given. What would be
missed is refused: kinds of links that are not made, addresses that are none.
"""

from ichor.errors import FormatError
from ichor.formats import cloud_network_v1, cloud_network_v2
from ichor.formats.cloud_values import fields
from ichor.formats.platform import Network
from ichor.formats.yaml.values import Value, load


def parse(data: bytes) -> Network:
    """Give the network; none for an empty text. Raises FormatError, Problems."""
    documents = load(data, file="network-config")
    if not documents:
        return Network()
    top = fields(documents[0], "network-config")
    return read(fields(top.get("network", top), "network"))


def read(config: dict[str, Value]) -> Network:
    """Give the network of what was read; none where there is nothing. Raises FormatError."""
    if not config or config.get("config") == "disabled":
        return Network()
    match config.get("version"):
        case 1:
            return cloud_network_v1.read(config)
        case 2:
            return cloud_network_v2.read(config)
        case other:
            raise FormatError(f"network-config of version 1 or 2, not {other!r}")
