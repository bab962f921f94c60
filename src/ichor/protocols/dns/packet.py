"""DNS messages, as much as a forwarder must know of them (RFC 1035 section 4).

    0  id   2  flags   4  counts: question, answer, authority, additional   12  the sections

A forwarder passes answers on as bytes. It reads the question, to match and to cache; the response
code; and where the TTLs stand, to let an answer grow old. Names are walked with the pointers of
section 4.1.4, each of which must lead backwards, so that no message can make us run in circles.
"""

import struct
from collections.abc import Iterator, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

from ichor.errors import FormatError

HEADER: Final = struct.Struct("!6H")
_RECORD: Final = struct.Struct("!HHIH")  # type, class, TTL, length of the data
RESPONSE, TRUNCATED, RECURSION_DESIRED, RECURSION_AVAILABLE = 0x8000, 0x0200, 0x0100, 0x0080
_OPCODE, _CODE, _AUTHORITATIVE, _CHECKING_DISABLED = 0x7800, 0x000F, 0x0400, 0x0010
_SIGNATURES: Final = 0x8000  # of the OPT record's flags (RFC 3225)
FORMAT_ERROR, SERVER_FAILURE, NAME_ERROR, NOT_IMPLEMENTED = 1, 2, 3, 4
A, PTR, AAAA, OPT, ANY = 1, 12, 28, 41, 255
SOA: Final = 6
IN: Final = 1
_MAX_NAME: Final = 255
_MAX_RECORDS: Final = 4096  # more do not fit into 64 KiB in any sensible way
UDP_SIZE: Final = 512


class Question(NamedTuple):
    r"""name: labels in lower case, each with a dot behind it; `\.` is a dot within a label."""

    name: str
    type: int
    klass: int


class Query(NamedTuple):
    """A question somebody asked. end: where the question ends; size: the reply they can take.

    extended: an OPT record was sent (RFC 6891), so replies of ours carry one. secured: signatures
    are asked for (DO), or checking is not (CD): such an answer differs from a plain one.
    """

    id: int
    flags: int
    question: Question
    end: int
    size: int
    extended: bool
    secured: int


class Record(NamedTuple):
    """Where a record's fixed part is; `ttl` offset of the four octets, unless it is an OPT."""

    type: int
    section: int
    klass: int
    ttl_at: int
    ttl: int
    data_at: int
    length: int


class Reply(NamedTuple):
    """What of an answer matters: its code, whether it is cut off, its TTLs.

    negative_ttl: how long «no such thing» holds (RFC 2308 section 5), 0 if nobody said.
    """

    id: int
    code: int
    truncated: bool
    question: Question
    records: Sequence[Record]
    negative_ttl: int

    @property
    def answers(self) -> int:
        return sum(record.section == 0 for record in self.records)

    @property
    def ttl(self) -> int:
        """Give how many seconds the whole may be kept."""
        ttls = [one.ttl for one in self.records if one.section == 0 and one.type != OPT]
        if self.code == NAME_ERROR or not ttls:
            return self.negative_ttl
        return min(ttls)


def read_query(raw: bytes) -> Query:
    """Read what a client asks. Raises FormatError; flags tell whether it is a plain query."""
    number, flags, questions, answers, authorities, additional = _header(raw)
    if flags & RESPONSE:
        raise FormatError("a query, not a response", offset=2)
    if questions != 1:
        raise FormatError("one question", offset=4)
    question, end = _question(raw, HEADER.size)
    size, extended = UDP_SIZE, False
    secured = flags & _CHECKING_DISABLED
    for record in _records(raw, end, (answers, authorities, additional)):
        if record.type == OPT:
            size, extended = max(UDP_SIZE, record.klass), True
            secured |= record.ttl & _SIGNATURES
    return Query(number, flags, question, end, size, extended, secured)


def is_standard(query: Query) -> bool:
    return not query.flags & _OPCODE


def read_reply(raw: bytes) -> Reply:
    """Read what a server answers. Raises FormatError."""
    number, flags, questions, *counts = _header(raw)
    if not flags & RESPONSE:
        raise FormatError("a response", offset=2)
    if questions != 1:
        raise FormatError("one question", offset=4)
    question, end = _question(raw, HEADER.size)
    truncated = bool(flags & TRUNCATED)
    records = tuple(_records(raw, end, counts, lenient=truncated))
    negative = [_negative_ttl(raw, one) for one in records if one.type == SOA and one.section == 1]
    return Reply(
        number, flags & _CODE, truncated, question, records, min(negative) if negative else 0
    )


def aged(raw: bytes, records: Sequence[Record], seconds: int, limit: int) -> bytes:
    """Give a message whose TTLs are so many seconds older, and none above the limit."""
    message = bytearray(raw)
    for record in records:
        if record.type != OPT:
            left = max(0, min(record.ttl, limit) - seconds)
            struct.pack_into("!I", message, record.ttl_at, left)
    return bytes(message)


def for_query(raw: bytes, asked: bytes, query: Query) -> bytes:
    """Give a kept answer to the same question: under the asker's id, in the asker's spelling."""
    return (
        struct.pack("!H", query.id) + raw[2 : HEADER.size] + _asked(asked, query) + raw[query.end :]
    )


def failure(raw: bytes, query: Query, code: int) -> bytes:
    """Answer a query with nothing but a code."""
    return _answer(raw, query, code, [])


def addresses(raw: bytes, query: Query, found: Sequence[str], ttl: int) -> bytes:
    """Answer a query for a name we know ourselves: the addresses of the type asked for."""
    wanted = {A: 4, AAAA: 6}.get(query.question.type, 0)
    numbers = (ip_address(text) for text in found)
    return _answer(
        raw,
        query,
        0,
        [
            struct.pack("!H", 0xC000 | HEADER.size)
            + _RECORD.pack(AAAA if isinstance(one, IPv6Address) else A, IN, ttl, len(one.packed))
            + one.packed
            for one in numbers
            if one.version == wanted
        ],
    )


def cut(raw: bytes, query: Query) -> bytes:
    """Answer with the question alone and the sign to ask again over TCP (RFC 2181 section 9)."""
    flags = struct.unpack_from("!H", raw, 2)[0] | TRUNCATED
    return HEADER.pack(query.id, flags, 1, 0, 0, 0) + _asked(raw, query)


def bare_failure(raw: bytes) -> bytes | None:
    """Answer what could not be read; None if there is not even a header to answer to."""
    if len(raw) < HEADER.size:
        return None
    number, flags = struct.unpack_from("!2H", raw)
    if flags & RESPONSE:
        return None
    kept = flags & (_OPCODE | RECURSION_DESIRED)
    return HEADER.pack(number, RESPONSE | kept | FORMAT_ERROR, 0, 0, 0, 0)


def build_query(number: int, question: Question) -> bytes:
    """Ask; the name is plain, without dots within labels."""
    name = b"".join(
        bytes([len(label)]) + label.encode("latin-1")
        for label in question.name.rstrip(".").split(".")
        if label
    )
    asked = name + b"\0" + struct.pack("!2H", question.type, question.klass)
    return HEADER.pack(number, RECURSION_DESIRED, 1, 0, 0, 0) + asked


def _answer(raw: bytes, query: Query, code: int, records: Sequence[bytes]) -> bytes:
    flags = RESPONSE | RECURSION_AVAILABLE | code
    flags |= query.flags & (_OPCODE | RECURSION_DESIRED)
    if records:
        flags |= _AUTHORITATIVE
    extra = b"\0" + _RECORD.pack(OPT, 1232, 0, 0) if query.extended else b""
    head = HEADER.pack(query.id, flags, 1, len(records), 0, 1 if extra else 0)
    return head + _asked(raw, query) + b"".join(records) + extra


def _asked(raw: bytes, query: Query) -> bytes:
    return raw[HEADER.size : query.end]


def _header(raw: bytes) -> tuple[int, int, int, int, int, int]:
    if len(raw) < HEADER.size:
        raise FormatError("a header of 12 octets", offset=len(raw))
    number, flags, *counts = HEADER.unpack_from(raw)
    return number, flags, counts[0], counts[1], counts[2], counts[3]


def _question(raw: bytes, at: int) -> tuple[Question, int]:
    name, at = _name(raw, at)
    if at + 4 > len(raw):
        raise FormatError("type and class of the question", offset=at)
    type_, klass = struct.unpack_from("!2H", raw, at)
    return Question(name, type_, klass), at + 4


def _records(
    raw: bytes, at: int, counts: Sequence[int], *, lenient: bool = False
) -> Iterator[Record]:
    """Yield the records of the three sections; a message that says it is cut may end early."""
    if sum(counts) > _MAX_RECORDS:
        raise FormatError(f"at most {_MAX_RECORDS} records", offset=6)
    for section, count in enumerate(counts):
        for _ in range(count):
            if lenient and at >= len(raw):
                return
            record, at = _record(raw, at, section)
            yield record


def _record(raw: bytes, at: int, section: int) -> tuple[Record, int]:
    at = _skip_name(raw, at)
    if at + _RECORD.size > len(raw):
        raise FormatError("a record's type, class, TTL and length", offset=at)
    type_, klass, ttl, length = _RECORD.unpack_from(raw, at)
    data = at + _RECORD.size
    if data + length > len(raw):
        raise FormatError(f"{length} octets of data", offset=data)
    if ttl & 0x80000000 and type_ != OPT:
        ttl = 0  # RFC 2181 section 8: the highest bit set means zero
    return Record(type_, section, klass, at + 4, ttl, data, length), data + length


def _negative_ttl(raw: bytes, soa: Record) -> int:
    """Give the smaller of the record's TTL and its last field, MINIMUM."""
    if soa.length < 22:
        raise FormatError("an SOA of 22 octets or more", offset=soa.data_at)
    minimum: int = struct.unpack_from("!I", raw, soa.data_at + soa.length - 4)[0]
    return min(soa.ttl, minimum)


def _name(raw: bytes, at: int) -> tuple[str, int]:
    """Read a name and give where what follows it begins."""
    labels: list[str] = []
    end = 0
    size = 0
    floor = at
    while True:
        length = _octet(raw, at)
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | _octet(raw, at + 1)
            end = end or at + 2
            if not HEADER.size <= target < floor:
                raise FormatError("a pointer that leads backwards", offset=at)
            at = floor = target
            continue
        if length > 63:
            raise FormatError("a label of at most 63 octets", offset=at)
        if length == 0:
            return ".".join([*labels, ""]) or ".", end or at + 1
        size += length + 1
        label = raw[at + 1 : at + 1 + length]
        if len(label) < length or size > _MAX_NAME:
            raise FormatError("a name of at most 255 octets", offset=at)
        # Only ASCII letters are alike in both cases (RFC 4343).
        text = label.lower().decode("latin-1")
        labels.append(text.replace("\\", "\\\\").replace(".", "\\."))
        at += 1 + length


def _skip_name(raw: bytes, at: int) -> int:
    return _name(raw, at)[1]


def _octet(raw: bytes, at: int) -> int:
    if at >= len(raw):
        raise FormatError("more of a name", offset=at)
    return raw[at]
