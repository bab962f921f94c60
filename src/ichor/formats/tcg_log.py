"""The firmware's log of what it measured: TCG PC Client Platform Firmware Profile, 10.

    one event of the old form, which tells the banks | events with a digest for each bank
    u32 PCR, u32 type, 20 bytes, u32 size, bytes     | u32 PCR, u32 type, u32 count,
                                                     |   {u16 algorithm, digest}, u32 size, bytes

Integers are little-endian. Only the SHA-256 bank is given; replayed, it yields the PCRs.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.formats.measured import ZERO, extend

# 10.4.1. No PCR covers what an event is said to be: only its digest is believed.
NO_ACTION, SEPARATOR, EFI_VARIABLE = 0x03, 0x04, 0x80000001
BOOT_SERVICES_APPLICATION, ACTION, AUTHORITY = 0x80000003, 0x80000007, 0x800000E0
# EV_SEPARATOR: what follows is not the firmware's own any more
SEPARATORS: Final = frozenset(
    hashlib.sha256(data).digest() for data in (bytes(4), b"\xff\xff\xff\xff")
)
# EV_EFI_ACTION: what firmware says in PCR 4 of the programs it starts
ACTIONS: Final = frozenset(
    hashlib.sha256(text).digest()
    for text in (
        b"Calling EFI Application from Boot Option",
        b"Returning from EFI Application from Boot Option",
    )
)
_GLOBAL: Final = bytes.fromhex("61dfe48bca93d211aa0d00e098032b8c")  # UEFI 2.10, 3.3
SHA256: Final = 0x0B
_OLD: Final = struct.Struct("<II20sI")
_NEW: Final = struct.Struct("<III")
_SPEC: Final = struct.Struct("<16sIBBBBI")  # TCG_EfiSpecIdEvent up to the banks
_SIGNATURE: Final = b"Spec ID Event03\0"
_LOCALITY: Final = b"StartupLocality\0"
_MOST_BANKS: Final = 16
_MOST_EVENTS: Final = 4096


class Event(NamedTuple):
    """digest: what the PCR was extended by. data: what the firmware says it is about."""

    pcr: int
    type: int
    digest: bytes
    data: bytes


def parse(log: bytes) -> Sequence[Event]:
    """Read a log of the newer form. Raises FormatError."""
    if len(log) < _OLD.size:
        raise FormatError("an event that tells the banks")
    pcr, kind, _, size = _OLD.unpack_from(log)
    head = log[_OLD.size : _OLD.size + size]
    if (pcr, kind) != (0, NO_ACTION) or len(head) != size:
        raise FormatError("an event that tells the banks")
    sizes = _banks(head)
    events: list[Event] = []
    at = _OLD.size + size
    while at < len(log):
        if len(events) == _MOST_EVENTS:
            raise FormatError(f"at most {_MOST_EVENTS} events", offset=at)
        event, at = _event(log, at, sizes)
        events.append(event)
    return events


def _banks(head: bytes) -> Mapping[int, int]:
    """Give the size of a digest of each bank."""
    if len(head) < _SPEC.size or head[:16] != _SIGNATURE:
        raise FormatError("Spec ID Event03", offset=_OLD.size)
    *_, count = _SPEC.unpack_from(head)
    if count > _MOST_BANKS or len(head) < _SPEC.size + 4 * count:
        raise FormatError(f"at most {_MOST_BANKS} banks", offset=_OLD.size)
    sizes = dict(struct.iter_unpack("<HH", head[_SPEC.size : _SPEC.size + 4 * count]))
    if sizes.get(SHA256) != len(ZERO):
        raise FormatError("a bank of SHA-256", offset=_OLD.size)
    return sizes


def _event(log: bytes, at: int, sizes: Mapping[int, int]) -> tuple[Event, int]:
    begin = at
    try:
        pcr, kind, count = _NEW.unpack_from(log, at)
        at += _NEW.size
        digests: dict[int, bytes] = {}
        for _ in range(min(count, _MOST_BANKS + 1)):
            (bank,) = struct.unpack_from("<H", log, at)
            digests[bank] = log[at + 2 : at + 2 + sizes[bank]]
            at += 2 + sizes[bank]
        (size,) = struct.unpack_from("<I", log, at)
    except (struct.error, KeyError):
        raise FormatError("an event with a digest of each bank", offset=begin) from None
    data, end = log[at + 4 : at + 4 + size], at + 4 + size
    if count != len(digests) or SHA256 not in digests or len(log) < end:
        raise FormatError("a whole event with a digest of SHA-256", offset=begin)
    return Event(pcr, kind, digests[SHA256], data), end


def replay(events: Iterable[Event]) -> Mapping[int, bytes]:
    """Give the values of the PCRs that the events extend."""
    values: dict[int, bytes] = {}
    for event in events:
        if event.type != NO_ACTION:
            values[event.pcr] = extend(values.get(event.pcr, ZERO), event.digest)
        elif event.pcr == 0 and event.data[:-1] == _LOCALITY:  # 10.4.5.3
            values[0] = event.data[-1:].rjust(len(ZERO), b"\0")
    return values


def extensions(events: Iterable[Event], pcr: int) -> Iterator[Event]:
    """Give what has extended a PCR, in this order."""
    return (event for event in events if event.pcr == pcr and event.type != NO_ACTION)


class Variable(NamedTuple):
    """owner: its GUID. name: as firmware has it. value: of UEFI_VARIABLE_DATA."""

    owner: bytes
    name: str
    value: bytes


def secure_boot(events: Iterable[Event]) -> bool | None:
    """Say whether the firmware measured that Secure Boot is on; None where it did not tell.

    It is the first that PCR 7 is extended by, and a separator follows it.
    Raises FormatError.
    """
    measured = list(extensions(events, 7))
    if not any(event.digest in SEPARATORS for event in measured[1:]):
        return None
    first = measured[0]
    if hashlib.sha256(first.data).digest() != first.digest or first.digest in SEPARATORS:
        return None
    told = variable(first.data)
    if (told.owner, told.name) != (_GLOBAL, "SecureBoot"):
        return None
    return {b"\0": False, b"\1": True}.get(told.value)


def variable(data: bytes) -> Variable:
    """Read UEFI_VARIABLE_DATA. Raises FormatError."""
    if len(data) < 32:
        raise FormatError("UEFI_VARIABLE_DATA")
    letters, size = struct.unpack_from("<QQ", data, 16)
    end = 32 + 2 * letters
    if len(data) != end + size:
        raise FormatError("UEFI_VARIABLE_DATA of the size it tells")
    return Variable(data[:16], data[32:end].decode("utf-16-le", "replace"), data[end:])
