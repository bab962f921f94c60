"""LUKS2 headers, as far as they say whether a volume of ours is whole and what opens it.

    at 0        binary header of 4096 bytes, then JSON up to its size (16 KiB, as ours are made)
    at 16 KiB   the same again, with a magic of its own

Each copy has a checksum of all of itself and a number that grows with each change; the higher one
that is whole counts (LUKS2 on-disk format specification 1.1, chapters 2 and 3). libcryptsetup
writes them, and what opens a volume is its business; what is read here is read without it.

Ours carry what they are in their subsystem: MAKING from the first write on, MADE once the file
system within is whole, too. So a making that was cut off is told from a volume that is damaged.
"""

import base64
import hashlib
import struct
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, cast

import msgspec

from ichor.errors import FormatError
from ichor.formats.xfs import Content

MAGIC: Final = b"LUKS\xba\xbe"
TWIN: Final = b"SKUL\xba\xbe"
COPY: Final = 16 << 10  # header and JSON: what libcryptsetup makes where nothing else is asked for
BOTH: Final = 2 * COPY
DATA: Final = 16 << 20  # where it begins, so made; between are the slots
MAKING: Final = "ichor-making"
MADE: Final = "ichor"
KIND: Final = "ichor-key"  # of a token; what the key of a slot is made of
# magic, version, size, sequence, label, checksum's hash, salt, uuid, subsystem, offset, checksum
_HEADER: Final = struct.Struct(">6sHQQ48s32s64s40s48sQ184x64s")
_SUM_AT: Final = _HEADER.size - 64
_JSON_AT: Final = 4096
_SUM: Final = 32  # of sha256
_MOST: Final = 4 << 20


class Header(NamedTuple):
    """slots: those in use, with the kind of their keys (empty where no token of ours says).

    sealed: of those whose key a TPM gives back, what it is given for that. tokens: ours, with the
    slots that each is of.
    """

    sequence: int
    uuid: str
    label: str
    subsystem: str
    slots: Mapping[int, str]
    sealed: Mapping[int, bytes] = {}
    tokens: Mapping[int, tuple[int, ...]] = {}


def parse(copy: bytes) -> Header:
    """Read one copy of a header. Raises FormatError where it is not whole."""
    if len(copy) < _JSON_AT:
        raise FormatError(f"a LUKS2 header of {_JSON_AT} bytes")
    magic, version, size, sequence, label, name, _, uuid, subsystem, _, told = _HEADER.unpack_from(
        copy
    )
    if magic not in (MAGIC, TWIN) or version != 2:
        raise FormatError("the magic of LUKS, and version 2")
    if not _JSON_AT < size <= min(len(copy), _MOST):
        raise FormatError(
            f"a header of at most {min(len(copy), _MOST)} bytes, not {size}", offset=8
        )
    if _text(name) != "sha256":
        raise FormatError("a checksum by sha256", offset=72)
    blank = copy[:_SUM_AT] + bytes(64) + copy[_SUM_AT + 64 : size]
    if hashlib.sha256(blank).digest() != told[:_SUM]:
        raise FormatError("a header with its checksum", offset=_SUM_AT)
    area = _area(copy[_JSON_AT:size])
    slots = list(_slots(area))
    tokens = {number: _assigned(token) for number, token in _ours(area)}
    kinds = {slot.number: slot.kind for slot in slots}
    sealed = {slot.number: slot.sealed for slot in slots if slot.sealed}
    return Header(sequence, _text(uuid), _text(label), _text(subsystem), kinds, sealed, tokens)


def found(start: bytes) -> Header | None:
    """Give the newer of the copies that are whole, of a volume's first BOTH bytes; None if none."""
    whole: list[Header] = []
    for at in (0, COPY):
        try:
            whole.append(parse(start[at : at + COPY]))
        except FormatError:
            continue
    return max(whole, key=lambda header: header.sequence, default=None)


def content(start: bytes) -> Content | None:
    """Say what a volume is by its first BOTH bytes; None where it has nothing of LUKS.

    NONE: a making that was cut off, or keys that were erased, without which nobody can open it.
    """
    claims = [start[at : at + _JSON_AT] for at in (0, COPY)]
    claims = [claim for claim in claims if claim.startswith((MAGIC, TWIN))]
    if not claims:
        return None
    header = found(start)
    if header is None:  # torn, or damaged: only if nobody ever said that it was made
        return Content.NONE if all(_subsystem(one) == MAKING for one in claims) else Content.FOREIGN
    if header.subsystem == MAKING or (header.subsystem == MADE and not header.slots):
        return Content.NONE
    return Content.WHOLE if header.subsystem == MADE else Content.FOREIGN


def _subsystem(claim: bytes) -> str:
    return _text(_HEADER.unpack_from(claim)[8]) if len(claim) >= _HEADER.size else ""


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", errors="replace")


class _Slot(NamedTuple):
    number: int
    kind: str = ""
    sealed: bytes = b""


def _area(area: bytes) -> Mapping[str, object]:
    try:
        said: object = msgspec.json.decode(area.split(b"\0")[0])
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise FormatError("JSON", offset=_JSON_AT) from None
    if not isinstance(said, dict):
        raise FormatError("a map of JSON", offset=_JSON_AT)
    return cast("Mapping[str, object]", said)


def _slots(said: Mapping[str, object]) -> Iterator[_Slot]:
    told = {slot.number: slot for slot in _told(said)}
    for text in _map(said, "keyslots"):
        number = _number(text)
        yield told.get(number, _Slot(number))


def _told(said: Mapping[str, object]) -> Iterator[_Slot]:
    """Yield what tokens of ours say of slots."""
    for _, token in _ours(said):
        kind = token.get("kind")
        if isinstance(kind, str):
            sealed = _base64(token.get("sealed", ""))
            yield from (_Slot(slot, kind, sealed) for slot in _assigned(token))


def _ours(said: Mapping[str, object]) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Yield tokens that we have set, with their numbers."""
    for number, token in _map(said, "tokens").items():
        if isinstance(token, dict) and token.get("type") == KIND:
            yield _number(number), cast("Mapping[str, object]", token)


def _assigned(token: Mapping[str, object]) -> tuple[int, ...]:
    slots = token.get("keyslots")
    return tuple(_number(str(slot)) for slot in slots) if isinstance(slots, list) else ()


def _base64(text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except ValueError:
        raise FormatError("base64 of what is sealed", offset=_JSON_AT) from None


def _map(said: Mapping[str, object], name: str) -> Mapping[str, object]:
    below = said.get(name, {})
    if not isinstance(below, dict):
        raise FormatError(f"a map as {name}", offset=_JSON_AT)
    return cast("Mapping[str, object]", below)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise FormatError("a number of a slot", offset=_JSON_AT)
    return int(text)
