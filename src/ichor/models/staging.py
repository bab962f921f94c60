"""A staged image that is written."""

from msgspec.structs import replace

from ichor.ports.staging import Staging, Write


def model(staging: Staging, action: Write) -> Staging:
    return replace(staging, written=True)
