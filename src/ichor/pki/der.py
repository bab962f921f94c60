"""DER (X.690), the strict subset that certificates need: definite lengths, minimal, in order.

    reader = Reader(der); inner = reader.enter(SEQUENCE); reader.end()

Everything not canonical is FormatError: a parser that is lenient where another is not is how a
certificate means two things.
"""

from datetime import UTC, datetime
from typing import Final

from ichor.errors import FormatError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
OID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18

_ENCODINGS: Final = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x1E: "utf-16-be"}
_TIMES: Final = {UTC_TIME: ("%y%m%d%H%M%SZ", 13), GENERALIZED_TIME: ("%Y%m%d%H%M%SZ", 15)}


def tlv(tag: int, *parts: bytes) -> bytes:
    """Write an element of these contents."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


class Reader:
    """Reads the elements of data[pos:limit] one after another."""

    def __init__(self, data: bytes, pos: int = 0, limit: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.limit = len(data) if limit is None else limit

    @property
    def more(self) -> bool:
        return self.pos < self.limit

    def peek(self) -> int:
        """Give the tag of the next element, or -1 at the end."""
        return self.data[self.pos] if self.more else -1

    def enter(self, tag: int) -> "Reader":
        """Give a reader over the content of the next element, and step over it."""
        start, end = self._element(tag)
        self.pos = end
        return Reader(self.data, start, end)

    def read(self, tag: int) -> bytes:
        """Give the content of the next element."""
        start, end = self._element(tag)
        self.pos = end
        return self.data[start:end]

    def raw(self, tag: int) -> bytes:
        """Give the next element whole, with tag and length."""
        begin = self.pos
        _, end = self._element(tag)
        self.pos = end
        return self.data[begin:end]

    def skip(self, tag: int) -> None:
        _, self.pos = self._element(tag)

    def end(self) -> None:
        if self.more:
            raise self._wrong("the end of this element")

    def any(self) -> tuple[int, bytes]:
        tag = self.peek()
        return tag, self.read(tag)

    def _element(self, tag: int) -> tuple[int, int]:
        if self.peek() != tag or tag & 0x1F == 0x1F:
            raise self._wrong(f"tag 0x{tag & 0xFF:02x}")
        length, start = self._length(self.pos + 1)
        if length > self.limit - start:
            raise self._wrong("a length within the data")
        return start, start + length

    def _length(self, pos: int) -> tuple[int, int]:
        if pos >= self.limit:
            raise self._wrong("a length")
        first = self.data[pos]
        if first < 0x80:
            return first, pos + 1
        size = first & 0x7F
        value = int.from_bytes(self.data[pos + 1 : pos + 1 + size])
        minimal = value >= 0x80 and value >= 1 << 8 * (size - 1) if size else False
        if size > 4 or pos + 1 + size > self.limit or not minimal:
            raise self._wrong("a definite length in its shortest form")
        return value, pos + 1 + size

    def _wrong(self, expected: str) -> FormatError:
        return FormatError(expected, offset=self.pos)


def text(tag: int, content: bytes) -> str:
    """Give a directory string. Raises FormatError for types that mean no sure text."""
    try:
        return content.decode(_ENCODINGS[tag])
    except (KeyError, UnicodeDecodeError):
        raise FormatError("a UTF-8, printable, IA5 or BMP string") from None


def time(tag: int, content: bytes) -> datetime:
    """Give a Time of RFC 5280: seconds, Z; two-digit years are 1950..2049."""
    form, size = _TIMES.get(tag, ("", -1))
    try:
        string = content.decode("ascii")
        if len(string) != size or not string[:-1].isdigit():
            raise ValueError
        moment = datetime.strptime(string, form).replace(tzinfo=UTC)
    except ValueError:
        raise FormatError("a time as RFC 5280 section 4.1.2.5 writes it") from None
    if tag == UTC_TIME and moment.year >= 2050:
        moment = moment.replace(year=moment.year - 100)
    return moment


def oid(content: bytes) -> str:
    """Give an object identifier in dots."""
    if not content or content[-1] & 0x80:
        raise FormatError("an object identifier that ends")
    arcs: list[int] = []
    value, fresh = 0, True
    for byte in content:
        if fresh and byte == 0x80:
            raise FormatError("an object identifier in its shortest form")
        value, fresh = value << 7 | byte & 0x7F, not byte & 0x80
        if fresh:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))
