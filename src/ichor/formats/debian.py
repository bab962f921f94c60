"""Debian's indices and our lock: which package, which version, which bytes, where.

Packages index: paragraphs of `Field: value`, parted by empty lines. Sources index: the same, a
paragraph a source package, its files as lines `sha256 size name` of Checksums-Sha256
(deb-src-control(5)).
components/debian.lock: `package version sha256 size archive/path`, sorted, `#` for comments;
archive is `debian` or `debian-security`, never a host, so that any mirror serves.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ichor.errors import FormatError

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Package(NamedTuple):
    """path: `debian/pool/main/...`: the archive's name, then the path inside it."""

    name: str
    version: str
    sha256: str
    size: int
    path: str


def paragraphs(text: str) -> Iterator[Mapping[str, str]]:
    """Yield the paragraphs of a control file, continuation lines joined by newlines."""
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        last = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in " \t" and last:
                fields[last] += "\n" + line.strip()
            elif ":" in line:
                last, _, value = line.partition(":")
                fields[last] = value.strip()
        if fields:
            yield fields


def packages(index: str, archive: str, wanted: Iterable[str]) -> Iterator[Package]:
    """Yield the wanted packages of a Packages index; the rest is skipped unread."""
    names = set(wanted)
    for block in index.split("\n\n"):
        head, _, rest = block.partition("\n")
        if head.removeprefix("Package:").strip() not in names:
            continue
        yield _package(next(paragraphs(f"{head}\n{rest}")), archive)


def sources(index: str, archive: str, wanted: Iterable[str]) -> Iterator[Package]:
    """Yield the tarballs of the wanted source packages of a Sources index.

    Each is named as its file without the version: `python3.13.orig.tar.xz`.
    """
    names = set(wanted)
    for block in index.split("\n\n"):
        head, _, rest = block.partition("\n")
        if head.removeprefix("Package:").strip() in names:
            yield from _tarballs(next(paragraphs(f"{head}\n{rest}")), archive)


def _tarballs(fields: Mapping[str, str], archive: str) -> Iterator[Package]:
    wanted = ("Package", "Version", "Directory", "Checksums-Sha256")
    if lost := [name for name in wanted if name not in fields]:
        raise FormatError(f"{', '.join(lost)} of {fields.get('Package')}")
    name, version, folder, checksums = (fields[key] for key in wanted)
    for line in checksums.split("\n"):
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not _SHA256.fullmatch(words[0]) or not words[1].isdigit():
            raise FormatError(f"`sha256 size name` of {name}, not {line!r}")
        sha256, size, file = words
        kind = re.search(r"\.(orig|debian)(-[a-z0-9-]+)?\.tar\.[a-z0-9]+$", file)
        if kind is not None and "/" not in file:
            path = f"{archive}/{folder}/{file}"
            yield Package(f"{name}{kind[0]}", version, sha256, int(size), path)


def _package(fields: Mapping[str, str], archive: str) -> Package:
    wanted = ("Package", "Version", "SHA256", "Size", "Filename")
    lost = [name for name in wanted if name not in fields]
    if lost or not fields["Size"].isdigit():
        raise FormatError(f"{', '.join(lost) or 'a number as Size'} of {fields.get('Package')}")
    name, version, sha256, size, path = (fields[key] for key in wanted)
    return Package(name, version, sha256, int(size), f"{archive}/{path}")


def parse_lock(text: str) -> tuple[Package, ...]:
    """Read a lock. Raises FormatError naming the line (counted from 1, as its offset)."""
    rows: dict[str, Package] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) != 5 or not _SHA256.fullmatch(words[2]) or not words[3].isdigit():
            raise FormatError(f"`package version sha256 size path` on line {number}")
        if words[0] in rows or ".." in words[4].split("/"):
            raise FormatError(f"each package once and a plain path on line {number}")
        rows[words[0]] = Package(words[0], words[1], words[2], int(words[3]), words[4])
    return tuple(rows.values())


def render_lock(rows: Iterable[Package]) -> str:
    head = (
        "# Debian packages in the images: package version sha256 size archive/path. `make lock`.\n"
    )
    return head + "".join(
        f"{p.name} {p.version} {p.sha256} {p.size} {p.path}\n" for p in sorted(rows)
    )


def lock_changes(old: Iterable[Package], new: Iterable[Package]) -> list[str]:
    """Say what a new lock changes, one line a package: `name 1 -> 2`, `+ name 2`, `- name 1`."""
    before, after = ({p.name: p for p in rows} for rows in (old, new))
    lines = []
    for name in sorted(before | after):
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            lines.append(f"+ {name} {now.version}")
        elif now is None and was is not None:
            lines.append(f"- {name} {was.version}")
        elif was and now and was != now:
            same = " (other bytes)" if was.version == now.version else ""
            lines.append(f"{name} {was.version} -> {now.version}{same}")
    return lines


def version_key(version: str) -> tuple[int, list[tuple[str, int]], list[tuple[str, int]]]:
    """Give a key that sorts versions as dpkg does (Debian policy 5.6.12)."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    if not epoch.isdecimal():
        raise FormatError(f"a number as epoch of version {version!r}")
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return int(epoch), _parts(upstream), _parts(revision)


def _parts(text: str) -> list[tuple[str, int]]:
    """Split into (letters, number) pairs; letters mapped so that ~ < end < a-z < the rest."""
    pairs = re.findall(r"([^0-9]*)([0-9]*)", text)
    return [
        ("".join(map(_weight, letters)) + "\x01", int(number or 0)) for letters, number in pairs
    ]


def _weight(char: str) -> str:
    if char == "~":
        return "\x00"
    return char if char.isalpha() else chr(ord(char) + 256)
