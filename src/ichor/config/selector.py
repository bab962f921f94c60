"""Which disk or device is meant: an expression in CEL over its facts, as its resource has them."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from msgspec import Struct

from ichor.errors import FormatError
from ichor.formats import cel
from ichor.formats.cel import Value

UNITS: Final[Mapping[str, Value]] = {
    **{f"{unit}iB": 1 << 10 * power for power, unit in enumerate("KMGTP", 1)},
    **{f"{unit}B": 1000**power for power, unit in enumerate("kMGTP", 1)},
}


class Disk(Struct, frozen=True, kw_only=True):
    """size, sector_size: bytes."""

    dev_path: str = ""
    size: int = 0
    sector_size: int = 512
    readonly: bool = False
    cdrom: bool = False
    rotational: bool = False
    transport: str = ""
    model: str = ""
    serial: str = ""
    wwid: str = ""
    modalias: str = ""


def matches(expression: str, disk: Disk) -> bool:
    """Raises FormatError where it is none, or says neither true nor false."""
    facts: dict[str, Value] = {name: getattr(disk, name) for name in Disk.__struct_fields__}
    return cel.truth(cel.parse(expression)({"disk": facts, **UNITS}))


class Device(Struct, frozen=True, kw_only=True):
    """An Ethernet device. Names as in LinkStatus on the wire; addresses in lower case."""

    hardware_addr: str = ""
    permanent_addr: str = ""
    mtu: int = 0
    kind: str = ""
    bus_path: str = ""
    pciid: str = ""
    driver: str = ""
    driver_version: str = ""
    firmware_version: str = ""
    link_state: bool = False


def _mac(given: Sequence[Value]) -> Value:
    """Give an address as text, which it is here already."""
    (address,) = _texts("mac(address)", given, 1)
    return address


def _glob(given: Sequence[Value]) -> Value:
    pattern, text = _texts("glob(pattern, text)", given, 2)
    return fnmatchcase(text, pattern)


def _texts(usage: str, given: Sequence[Value], count: int) -> Sequence[str]:
    found = [each for each in given if isinstance(each, str)]
    if len(found) != count or len(given) != count:
        raise FormatError(f"{usage} of {count} texts, not {list(given)!r}")
    return found


FUNCTIONS: Final[Mapping[str, cel.Function]] = {"mac": _mac, "glob": _glob}


def matches_link(expression: str, device: Device) -> bool:
    """Raises FormatError where it is none, or says neither true nor false."""
    facts: dict[str, Value] = {name: getattr(device, name) for name in Device.__struct_fields__}
    return cel.truth(cel.parse(expression, FUNCTIONS)({"link": facts}))
