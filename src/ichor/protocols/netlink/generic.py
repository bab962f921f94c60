"""Generic netlink: families by their names, include/uapi/linux/genetlink.h.

    u8 command, u8 version, u16 reserved, attributes

The family of ACPI tells of buttons: include/linux/acpi.h, struct acpi_genl_event.
"""

import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.protocols.netlink.message import attribute, attributes, listed, number, string, text

CONTROL: Final = 16  # GENL_ID_CTRL
ACPI, ACPI_GROUP = "acpi_event", "acpi_mc_group"
POWER_BUTTON: Final = "button/power"

_HEAD: Final = struct.Struct("<BBH")
_GET_FAMILY, _VERSION = 3, 2
_FAMILY_ID, _FAMILY_NAME, _GROUPS = 1, 2, 7
_GROUP_NAME, _GROUP_ID = 1, 2
_ACPI_EVENT: Final = 1
_EVENT: Final = struct.Struct("<20s15sxII")


class Family(NamedTuple):
    """groups: the numbers of its multicast groups by name."""

    id: int
    groups: Mapping[str, int]


def family_request(name: str) -> bytes:
    """Give the payload of a message of type CONTROL that asks for a family."""
    return _HEAD.pack(_GET_FAMILY, _VERSION, 0) + attribute(_FAMILY_NAME, string(name))


def family(payload: bytes) -> Family:
    """Read the answer. Raises FormatError."""
    found = attributes(body(payload))
    groups = (attributes(one) for _, one in listed(found.get(_GROUPS, b"")))
    ids = {text(one.get(_GROUP_NAME, b"")): number(one.get(_GROUP_ID, b"")) for one in groups}
    return Family(number(found.get(_FAMILY_ID, b"")), ids)


def acpi_class(payload: bytes) -> str:
    """Give the class of the device that a message of ACPI's family is about. Raises FormatError."""
    event = attributes(body(payload)).get(_ACPI_EVENT, b"")
    if len(event) < _EVENT.size:
        raise FormatError(f"struct acpi_genl_event of {_EVENT.size} bytes")
    return text(_EVENT.unpack_from(event)[0])


def build(command: int, version: int, *inner: bytes) -> bytes:
    return _HEAD.pack(command, version, 0) + b"".join(inner)


def body(payload: bytes) -> bytes:
    """Give the attributes behind the head. Raises FormatError."""
    if len(payload) < _HEAD.size:
        raise FormatError(f"struct genlmsghdr of {_HEAD.size} bytes")
    return payload[_HEAD.size :]
