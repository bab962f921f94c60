"""One structure of SMBIOS as sysfs gives it (/sys/firmware/dmi/entries/<type>-<n>/raw).

SMBIOS reference specification 3.7 (DSP0134), 6.1: a formatted area, its length in byte 1, then
strings, each ended by 0, all by one more. 7.12: the OEM strings of type 11.
"""

from typing import Final

from ichor.errors import FormatError

OEM_STRINGS: Final = 11
_HEADER: Final = 4


def strings(structure: bytes) -> tuple[str, ...]:
    """Give the structure's strings. Raises FormatError."""
    if len(structure) < _HEADER or not _HEADER <= structure[1] <= len(structure):
        raise FormatError("an SMBIOS structure", offset=1)
    found = structure[structure[1] :].split(b"\0\0", 1)[0].split(b"\0")
    return tuple(one.decode("utf-8", "replace") for one in found if one)
