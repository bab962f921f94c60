"""What the image weighs and what is in it: bytes by part, programs, setuid files, shells.

Facts come from the squashfs itself (`unsquashfs -lln`), not from the tree it was packed from; only
the packed size of a part is reckoned, by packing its files in blocks as mksquashfs does.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ichor.formats import squashfs
from ichor.formats.squashfs import Listed
from ichor.image import layout
from ichor.image.build import FAST, Artifacts
from ichor.image.process import run

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_BLOCK: Final = 256 << 10
SHELLS: Final = {
    *("sh", "ash", "bash", "busybox", "csh", "dash", "fish", "ksh", "mksh", "rbash", "tcsh"),
    *("toybox", "yash", "zsh"),
}
PACKAGE_DATABASES: Final = ("var/lib/dpkg", "var/lib/rpm", "var/lib/apt", "lib/apk", "etc/apk")
# prefix of the path: part; the first that fits counts
_PARTS: Final = (
    ("usr/bin/containerd-shim", "containerd-shim-runc-v2"),
    ("usr/bin/containerd", "containerd"),
    ("usr/bin/runc", "runc"),
    ("usr/bin/nft", "nft"),
    ("opt/cni/", "CNI plugins"),
    ("usr/bin/init", "Python interpreter"),
    ("usr/lib/python", "Python library"),
    ("usr/lib/ichor/ichor/", "Ichor"),
    ("usr/lib/ichor/cryptography/", "wheel cryptography"),
    ("usr/lib/ichor/", "other wheels"),
    ("usr/lib/x86_64-linux-gnu/", "Debian libraries"),
    ("usr/lib64/", "Debian libraries"),
)


@dataclass(frozen=True)
class Weight:
    """files: how many; raw and packed: bytes; packed is an estimate."""

    files: int
    raw: int
    packed: int


@dataclass(frozen=True)
class Report:
    squashfs: int
    parts: Mapping[str, Weight]
    executables: tuple[str, ...]
    setuid: tuple[str, ...]
    shells: tuple[str, ...]
    package_databases: tuple[str, ...]
    images: Mapping[str, int]
    images_total: int

    def json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True)


def inspect(made: Artifacts, unsquashfs: Sequence[str] = ("unsquashfs",)) -> Report:
    """Look at the built root and images."""
    listing = run([*unsquashfs, "-lln", made.root_squashfs], package="squashfs-tools")
    entries = list(squashfs.parse(listing))
    paths = {each.path for each in entries}
    found = layout.images(made.layout)
    blobs = {blob for each in found.values() for blob in each.blobs}
    return Report(
        made.root_squashfs.stat().st_size,
        weights(entries, made.root_tree),
        programs(entries),
        tuple(each.path for each in entries if each.is_setuid),
        tuple(e.path for e in entries if e.kind != "d" and Path(e.path).name in SHELLS),
        tuple(name for name in PACKAGE_DATABASES if name in paths),
        {name: each.size for name, each in found.items()},
        sum(_blob_size(made.layout, blob) for blob in blobs),
    )


def programs(entries: Iterable[Listed]) -> tuple[str, ...]:
    """Give what can be started: executable files that are no shared libraries."""
    return tuple(e.path for e in entries if e.is_executable and ".so" not in Path(e.path).name)


def part_of(path: str) -> str:
    return next((part for prefix, part in _PARTS if path.startswith(prefix)), "configuration")


def weights(entries: Iterable[Listed], tree: Path) -> dict[str, Weight]:
    """Sum files by part, the heaviest first."""
    files: Counter[str] = Counter()
    raw: Counter[str] = Counter()
    packed: Counter[str] = Counter()
    for each in entries:
        if each.kind == "-":
            part = part_of(each.path)
            files[part] += 1
            raw[part] += each.size
            packed[part] += _packed(tree / each.path)
    return {part: Weight(files[part], size, packed[part]) for part, size in raw.most_common()}


def _packed(path: Path) -> int:
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(_BLOCK), b"")
        return sum(min(len(b), len(zstd.compress(b, FAST))) for b in blocks)


def _blob_size(folder: Path, digest: str) -> int:
    return (folder / "blobs" / digest.replace(":", "/")).stat().st_size
