"""Labels on the replies of a fan-out, put into protobuf bytes without knowing their schema.

In a serialised message a later field adds to a repeated one and merges into a single one, so that
appending bytes is all it takes (protobuf's encoding, «Last One Wins»).
"""

from collections.abc import Iterable

from ichor.rpc.status import Code, RpcError


def submessage(field: int, body: bytes) -> bytes:
    """Write a field of type message."""
    return varint(field << 3 | 2) + varint(len(body)) + body


def label_elements(body: bytes, extra: bytes, *, field: int = 1) -> bytes:
    """Append `extra` to each element of a repeated message field; other fields stay."""
    return b"".join(_labelled(body, extra, field))


def _labelled(body: bytes, extra: bytes, field: int) -> Iterable[bytes]:
    at = 0
    while at < len(body):
        start = at
        tag, at = read_varint(body, at)
        if tag & 7 != 2:
            at = _skip(body, at, tag & 7)
            yield body[start:at]
            continue
        size, at = read_varint(body, at)
        end = at + size
        if end > len(body):
            raise RpcError(Code.INTERNAL, "a backend's reply is no protobuf")
        yield submessage(field, body[at:end] + extra) if tag >> 3 == field else body[start:end]
        at = end


def _skip(body: bytes, at: int, kind: int) -> int:
    if kind == 0:
        return read_varint(body, at)[1]
    end = at + {1: 8, 5: 4}.get(kind, len(body) + 1)
    if end > len(body):
        raise RpcError(Code.INTERNAL, "a backend's reply is no protobuf")
    return end


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(body: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(body) and shift < 64:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise RpcError(Code.INTERNAL, "a backend's reply is no protobuf")
