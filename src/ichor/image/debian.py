"""Debian's share of the images: packages of the lock, fetched, checked, unpacked, never installed.

One Step per package; its result is the package's tree without setuid bits. Maintainer scripts are
not even extracted. A tarball of a source package is a row and a step of its own. `refresh` makes a
new lock from the signed indices of the mirror.
"""

import hashlib
import lzma
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from ichor.errors import InputError, NotFound
from ichor.formats import deb
from ichor.formats.debian import (
    Package,
    lock_changes,
    packages,
    parse_lock,
    render_lock,
    sources,
    version_key,
)
from ichor.image import checkout, mirror
from ichor.image.cache import Step, write_atomic
from ichor.image.process import run

# archive, suite
SUITES: Final = (
    ("debian", "trixie"),
    ("debian", "trixie-updates"),
    ("debian-security", "trixie-security"),
)
# A package of a newer suite is asked for as `name @suite`: for tools that trixie has not.
FURTHER: Final = (("debian", "sid"),)
# `name @source` asks for the tarballs of a source package, of the suites that make up the release.
_SOURCE: Final = "source"
_BINARIES: Final = "main/binary-amd64/Packages.xz"
_SOURCES: Final = "main/source/Sources.xz"
_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def lock() -> dict[str, Package]:
    """Read components/debian.lock. Raises InputError if there is none."""
    path = checkout.components() / "debian.lock"
    if not path.exists():
        raise InputError(f"no {path.name}", hint="run make lock")
    return {row.name: row for row in parse_lock(path.read_text())}


def package_step(package: Package) -> Step:
    """Give the step whose result is the package's tree."""

    def build(out: Path) -> None:
        file = out.with_name(f"{out.name}.deb")
        _fetch(package, file)
        unpack(file.read_bytes(), out)
        file.unlink()

    told = {"sha256": package.sha256, "unpack": "1"}
    return Step(f"debian/{package.name}", build, told, seconds=0.6)


def steps(names: tuple[str, ...]) -> dict[str, Step]:
    """Give the steps of these packages of the lock, by name."""
    return {row.name: package_step(row) for row in _rows(names)}


def tarball_step(name: str) -> Step:
    """Give the step whose result has a tarball of a source package, under its name in the lock."""
    (package,) = _rows((name,))

    def build(out: Path) -> None:
        _fetch(package, out / name)

    return Step(f"debian/{name}", build, {"sha256": package.sha256}, seconds=2)


def _fetch(package: Package, file: Path) -> None:
    try:
        mirror.fetch(package.path, file, sha256=package.sha256)
    except NotFound as err:
        raise InputError(
            f"the mirror no longer has {package.name} {package.version} ({err})",
            hint="run make lock, or set ICHOR_LOCK=refresh",
        ) from err
    if hashlib.sha256(file.read_bytes()).hexdigest() != package.sha256:
        raise InputError(f"{package.path}: not the bytes of the lock", hint="run make lock")


def _rows(names: tuple[str, ...]) -> list[Package]:
    rows = lock()
    for name in names:
        if name not in rows:
            raise InputError(f"package {name} is not in debian.lock", hint="run make lock")
    return [rows[name] for name in names]


def unpack(package: bytes, out: Path) -> None:
    """Write a package's tree below out: owner ours, no setuid, setgid or sticky bit."""
    for entry, body in deb.tree(package):
        path = out / entry.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.isdir():
            path.mkdir(exist_ok=True)
        elif entry.issym():
            path.symlink_to(entry.linkname)
        elif entry.islnk():
            os.link(out / entry.linkname.removeprefix("./").lstrip("/"), path)
        elif entry.isfile():
            path.write_bytes(body)
            path.chmod(entry.mode & 0o755)


def wanted(text: str) -> tuple[str, ...]:
    """Read a list such as components/python.drop: a name a line, `#` begins a comment."""
    names = [line.partition("#")[0].strip() for line in text.splitlines()]
    return tuple(name for name in names if name)


def requests(text: str) -> dict[str, str]:
    """Read components/debian.in: `name`, `name @suite` or `name @source`; what follows the @."""
    rows = [row.split() for row in wanted(text)]
    known = {_SOURCE, *(suite for _, suite in FURTHER)}
    for name, *suite in rows:
        if suite and (len(suite) > 1 or suite[0].removeprefix("@") not in known):
            told = " ".join(suite)
            raise InputError(
                f"debian.in: {name} {told}: no such suite",
                hint=f"one of {', '.join(sorted(known))}",
            )
    return {name: "".join(suite).removeprefix("@") for name, *suite in rows}


def refresh() -> list[str]:
    """Write a new lock from the mirror's indices; gives what changed, one line a package."""
    folder = checkout.components()
    asked = requests((folder / "debian.in").read_text())
    found: dict[str, Package] = {}
    with tempfile.TemporaryDirectory(prefix="ichor-lock-") as work:
        for row in _offered(asked, Path(work)):
            best = found.get(row.name)
            if best is None or version_key(row.version) > version_key(best.version):
                found[row.name] = row
    got = {*found, *(name.partition(".orig")[0] for name in found)}
    if lost := [name for name in asked if name not in got]:
        raise InputError(f"the mirror has no {', '.join(lost)}", hint="look at debian.in")
    path = folder / "debian.lock"
    old = parse_lock(path.read_text()) if path.exists() else ()
    changes = lock_changes(old, found.values())
    if changes:
        write_atomic(path, render_lock(found.values()).encode())
    return changes


def _offered(asked: Mapping[str, str], work: Path) -> Iterator[Package]:
    """Yield what the suites have of what is asked for, in any version."""
    for archive, suite in (*SUITES, *FURTHER):
        by = suite if (archive, suite) in FURTHER else ""
        release = _release(archive, suite, work)
        names = [name for name, wish in asked.items() if wish == by]
        yield from packages(_index(archive, suite, _BINARIES, release), archive, names)
        if not by and (origins := [name for name, wish in asked.items() if wish == _SOURCE]):
            yield from sources(_index(archive, suite, _SOURCES, release), archive, origins)


def _release(archive: str, suite: str, work: Path) -> Path:
    """Fetch a suite's InRelease, checked by its signature."""
    release = work / f"{suite}.InRelease"
    mirror.fetch(f"{archive}/dists/{suite}/InRelease", release)
    release.write_text(_verified(release))
    return release


def _index(archive: str, suite: str, name: str, release: Path) -> str:
    """Fetch an index that a suite's checked InRelease vouches for."""
    pattern = rf"^ ([0-9a-f]{{64}}) +\d+ {re.escape(name)}$"
    match = re.search(pattern, release.read_text(), re.MULTILINE)
    if match is None:
        raise InputError(f"{suite}: its InRelease names no {name}")
    sha256, index = match.group(1), release.with_name(f"{suite}.xz")
    mirror.fetch(f"{archive}/dists/{suite}/{name}", index, sha256=sha256)
    data = index.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError(f"{suite}: {name} is not the one its InRelease names")
    return lzma.decompress(data).decode()


def _verified(release: Path) -> str:
    """Check the signature where the host has Debian's keys; elsewhere trust the user's mirror."""
    if shutil.which("gpgv") and _KEYRING.exists():
        out = release.with_suffix(".checked")
        run(["gpgv", "-q", "--keyring", _KEYRING, "--output", out, release])
        return out.read_text()
    return release.read_text()
