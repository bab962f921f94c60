"""Which disk is meant: an expression in CEL over a disk's facts, as the resource Disk has them."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

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
