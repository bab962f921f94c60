"""A small iso9660 of files in one directory, with names as Joliet has them (ECMA-119)."""

import struct
from collections.abc import Mapping

SECTOR = 2048
_PRIMARY, _JOLIET = 1, 2
_TABLES = {_PRIMARY: 19, _JOLIET: 21}  # sectors: little-endian path table, then big-endian
_ROOTS = {_PRIMARY: 23, _JOLIET: 24}
_FILES = 25


def make(label: str, files: Mapping[str, bytes]) -> bytes:
    at, places = _FILES, dict[str, tuple[int, int]]()
    for name, content in files.items():
        places[name] = at, len(content)
        at += _sectors(len(content))
    size = at
    parts = [bytes(16 * SECTOR)]
    parts += [_descriptor(kind, label, size) for kind in (_PRIMARY, _JOLIET)]
    parts.append(_padded(b"\xffCD001\x01"))
    for kind in (_PRIMARY, _JOLIET):
        parts += [_padded(_table(kind, order)) for order in "<>"]
    parts += [_padded(_directory(kind, places)) for kind in (_PRIMARY, _JOLIET)]
    parts += [content.ljust(_sectors(len(content)) * SECTOR, b"\0") for content in files.values()]
    return b"".join(parts)


def _sectors(size: int) -> int:
    return -(-size // SECTOR)


def _padded(data: bytes) -> bytes:
    assert len(data) <= SECTOR
    return data.ljust(SECTOR, b"\0")


def _both(value: int, kind: str = "I") -> bytes:
    return struct.pack(f"<{kind}", value) + struct.pack(f">{kind}", value)


def _record(name: bytes, at: int, size: int, *, directory: bool = False) -> bytes:
    flags = 2 if directory else 0
    body = b"\0" + _both(at) + _both(size) + bytes(7) + bytes([flags, 0, 0]) + _both(1, "H")
    record = body + bytes([len(name)]) + name
    record += b"\0" * ((len(record) + 1) % 2)
    return bytes([len(record) + 1]) + record


def _root(kind: int) -> bytes:
    return _record(b"\0", _ROOTS[kind], SECTOR, directory=True)


def _directory(kind: int, places: Mapping[str, tuple[int, int]]) -> bytes:
    up = _record(b"\1", _ROOTS[kind], SECTOR, directory=True)
    named = ((_name(kind, name), *place) for name, place in sorted(places.items()))
    return _root(kind) + up + b"".join(_record(*one) for one in named)


def _name(kind: int, name: str) -> bytes:
    if kind == _JOLIET:
        return name.encode("utf-16-be")
    return f"{name.upper().replace('-', '_')[:8]}.;1".encode()


def _table(kind: int, order: str) -> bytes:
    return struct.pack(f"{order}BBIH", 1, 0, _ROOTS[kind], 1) + b"\0\0"


def _descriptor(kind: int, label: str, size: int) -> bytes:
    def text(value: str, length: int) -> bytes:
        if kind == _JOLIET:
            return value.encode("utf-16-be").ljust(length, b"\0")[:length]
        return value.encode().ljust(length)[:length]

    escape = b"%/E" if kind == _JOLIET else b""  # UCS-2, level 3
    table, length = _TABLES[kind], len(_table(kind, "<"))
    head = bytes([kind]) + b"CD001\x01\0" + text("", 32) + text(label, 32) + bytes(8)
    head += _both(size) + escape.ljust(32, b"\0")
    head += _both(1, "H") + _both(1, "H") + _both(SECTOR, "H") + _both(length)
    head += struct.pack("<II", table, 0) + struct.pack(">II", table + 1, 0)
    return _padded((head + _root(kind) + text("", 623) + bytes(68)).ljust(881, b"\0") + b"\x01")
