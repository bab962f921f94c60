"""Every file of the root, and which step of the build it came from, by its content.

    files(cache) ─► File(path, mode, size, sha256, target, origin), sorted by path

A file is a step's whose result has the same bytes, under the same path if several have them. What
no step has was written by the root's own recipe; anything else is an error, so that nothing gets
into a release that nobody can account for.
"""

import hashlib
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from ichor.errors import InputError
from ichor.image import root
from ichor.image.cache import Cache, Step

OURS: Final = "ichor"
# What the recipe makes of a package's files, and what it writes itself.
_DERIVED: Final = {"etc/ssl/certs/ca-certificates.crt": "debian/ca-certificates"}
_WRITTEN: Final = frozenset(root.FILES)


class File(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """mode: octal. target: of a symbolic link. origin: `debian/libc6`, `go/runc`, `ichor`."""

    path: str
    mode: str
    size: int = 0
    sha256: str = ""
    target: str = ""
    origin: str


def files(cache: Cache) -> tuple[File, ...]:
    """Give all that the built root holds, but for directories. Raises InputError."""
    step = root.tree_step(cache)
    return tuple(told(cache.path(step), Index(cache, step.needs)))


class Index:
    """Who has which content: steps by digest and path."""

    def __init__(self, cache: Cache, steps: Iterable[Step]) -> None:
        self._places: dict[tuple[int, str], dict[str, str]] = {}
        for step in steps:
            for path in plain(cache.path(step)):
                key = path.stat().st_size, path.name
                self._places.setdefault(key, {})[str(path)] = step.name
        self._roots = {step.name: cache.path(step) for step in steps}

    def origin(self, name: str, path: Path, digest: str) -> str:
        """Raises InputError if nobody has these bytes."""
        if name in _WRITTEN or name in _DERIVED:
            return _DERIVED.get(name, OURS)
        size = path.stat().st_size
        same = dict(self._same(size, digest))
        if not same:
            raise InputError(f"{name} in the root: no step of the build has these bytes")
        exact = [step for found, step in same.items() if Path(found) == self._roots[step] / name]
        return min(exact or same.values())

    def _same(self, size: int, digest: str) -> Iterator[tuple[str, str]]:
        for (length, _), places in self._places.items():
            if length == size:
                yield from (
                    (found, step) for found, step in places.items() if sha256(Path(found)) == digest
                )


def told(tree: Path, index: Index) -> Iterator[File]:
    for path in sorted(tree.rglob("*")):
        name, status = path.relative_to(tree).as_posix(), path.lstat()
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        if path.is_symlink():
            target = str(path.readlink())
            yield File(path=name, mode=mode, target=target, origin=link_origin(name))
        elif path.is_file():
            digest = sha256(path)
            origin = index.origin(name, path, digest)
            yield File(path=name, mode=mode, size=status.st_size, sha256=digest, origin=origin)


def link_origin(name: str) -> str:
    return OURS if name in root.LINKS else "links of packages"


def plain(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def by_origin(found: Iterable[File]) -> Mapping[str, int]:
    """Sum bytes by origin."""
    sums: dict[str, int] = {}
    for one in found:
        sums[one.origin] = sums.get(one.origin, 0) + one.size
    return dict(sorted(sums.items()))


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
