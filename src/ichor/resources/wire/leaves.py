"""Single values on the wire: what a field of protobuf holds for each sort of field of ours.

`NetIP.ip` is what Go's netip.Addr writes: 4 or 16 bytes, then the zone, if any, as text.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_interface

from google.protobuf.descriptor import FieldDescriptor

from ichor.errors import FormatError
from ichor.resources.fields import Mark, Word
from ichor.resources.wire.numbers import FLAGS, OPEN_ENUMS

BYTES = FieldDescriptor.TYPE_BYTES


def pack_address(text: str) -> bytes:
    """Raises FormatError if the text is no address."""
    address, _, zone = text.partition("%")
    try:
        return ip_address(address).packed + zone.encode()
    except ValueError as err:
        raise FormatError(f"an IP address, not {text!r}") from err


def unpack_address(raw: bytes) -> str:
    if not raw:
        return ""
    size = 4 if len(raw) == 4 else 16
    zone = raw[size:].decode()
    return str(ip_address(raw[:size])) + (f"%{zone}" if zone else "")


def split_port(text: str) -> tuple[str, int]:
    """Take `10.0.0.1:53` or `[fd00::1]:53` apart."""
    address, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal():
        raise FormatError(f"an address with port, not {text!r}")
    return address.removeprefix("[").removesuffix("]"), int(port)


def join_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def split_prefix(text: str) -> tuple[str, int]:
    """Take `10.0.0.1/24` apart; host bits stay."""
    try:
        found = ip_interface(text)
    except ValueError as err:
        raise FormatError(f"an address with prefix length, not {text!r}") from err
    return str(found.ip), found.network.prefixlen


def to_wire(field: FieldDescriptor, value: object, marks: frozenset[Mark]) -> object:
    """What protobuf's setter takes for a value that is no message."""
    if isinstance(value, Word):
        return value.number
    if not isinstance(value, str):
        return value
    if field.enum_type is not None:
        return _number(OPEN_ENUMS[field.enum_type.name], value)
    if Mark.HARDWARE in marks:
        return bytes.fromhex(value.replace(":", ""))
    for mark in marks & FLAGS.keys():
        return sum(_bit(mark, word) for word in value.split(",") if word)
    return value.encode() if field.type == BYTES else value


def from_wire(field: FieldDescriptor, raw: object, base: object, marks: frozenset[Mark]) -> object:
    """The value for a field of ours; None where the wire's zero is no value of it."""
    if isinstance(base, type) and issubclass(base, Word):
        return _word(field, raw, base)
    if base is not str or isinstance(raw, str):
        return raw
    if isinstance(raw, bytes):
        return raw.hex(":") if Mark.HARDWARE in marks else raw.decode()
    if not isinstance(raw, int):
        raise FormatError(f"a number in {field.full_name}, not {raw!r}")
    if field.enum_type is not None:
        return _text(OPEN_ENUMS[field.enum_type.name], raw)
    names = next(FLAGS[mark] for mark in marks & FLAGS.keys())
    return ",".join(name for name, bit in names.items() if raw & bit)


def _bit(mark: Mark, word: str) -> int:
    if word not in FLAGS[mark]:
        raise FormatError(f"one of {', '.join(FLAGS[mark])}, not {word!r}")
    return FLAGS[mark][word]


def _number(known: Mapping[str, int], text: str) -> int:
    if text in known:
        return known[text]
    if not text.isdecimal():
        raise FormatError(f"a number or one of {', '.join(known)}, not {text!r}")
    return int(text)


def _text(known: Mapping[str, int], number: int) -> str:
    return next((text for text, one in known.items() if one == number), str(number))


def _word(field: FieldDescriptor, raw: object, base: type[Word]) -> Word | None:
    found = next((word for word in base if word.number == raw), None)
    if found is None and raw != 0:
        raise FormatError(f"the number of a {base.__name__}, not {raw}, in {field.full_name}")
    return found
