"""The software bill of materials of a release: SPDX 2.3, JSON, the same for the same parts.

    locks, go.sum, what programs say of themselves ─► Component ... ─► document()

| what | from |
|---|---|
| Debian packages | components/debian.lock: those whose files are in the root, and what builds it |
| Python wheels | requirements/image.txt, with the hashes that it allows |
| Go modules | `go version -m` of each program, its own and Go's library too; h1 as in go.sum |
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from ichor import __version__

_NONE: Final = "NOASSERTION"
# No clock: a document of the same parts is the same. SPDX asks for a time, 6.9.
_CREATED: Final = "1970-01-01T00:00:00Z"
_PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==([^\s\\]+)", re.MULTILINE)
_TOOLCHAIN: Final = re.compile(r"^\S+: go([0-9.]+)$")
_TARBALL: Final = re.compile(r"(.+)\.(?:orig|debian)\.tar\.\w+")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
CONTAINS, BUILDS = "CONTAINS", "BUILD_DEPENDENCY_OF"


class Component(Struct, frozen=True, kw_only=True):
    """purl: package URL. sha256: of what was downloaded. source: how it is pinned besides."""

    name: str
    version: str
    purl: str
    sha256: str = ""
    source: str = ""
    supplier: str = ""
    is_inside: bool = True

    @property
    def id(self) -> str:
        kind = self.purl.partition("/")[0].removeprefix("pkg:")
        text = re.sub(r"[^A-Za-z0-9.-]", "-", f"{kind}-{self.name}-{self.version}")
        return f"SPDXRef-{text}"


def debian(lock: Iterable[tuple[str, str, str]], inside: Collection[str]) -> Iterator[Component]:
    """lock: name, version, SHA-256 of the package. inside: names of those in the root.

    A tarball is of a source package, and its name begins with that one's.
    """
    for name, version, sha256 in lock:
        package, architecture = name, "amd64"
        if found := _TARBALL.fullmatch(name):
            package, architecture = found[1], "source"
        yield Component(
            name=name,
            version=version,
            purl=f"pkg:deb/debian/{quote(package)}@{quote(version, safe='')}?arch={architecture}",
            sha256=sha256,
            supplier="Organization: Debian",
            is_inside=name in inside,
        )


def wheels(pins: str) -> Iterator[Component]:
    """pins: a requirements file with hashes."""
    starts = [*_PIN.finditer(pins)]
    ends = [one.start() for one in starts[1:]] + [len(pins)]
    for found, end in zip(starts, ends, strict=True):
        name, version = found.groups()
        allowed = ", ".join(_HASH.findall(pins, found.end(), end))
        yield Component(
            name=name,
            version=version,
            purl=f"pkg:pypi/{name.lower()}@{quote(version, safe='')}",
            source=f"one of the wheels with SHA-256 {allowed}",
        )


def modules(told: Mapping[str, str]) -> Iterator[Component]:
    """told: what `go version -m` says of a program, by its name. A module is given once."""
    users: dict[tuple[str, str, str], list[str]] = {}
    for program, text in sorted(told.items()):
        for row in module_rows(text):
            users.setdefault(row, []).append(program)
    for (name, version, h1), programs in sorted(users.items()):
        pinned = f", {h1}" if h1 else ""
        yield Component(
            name=name,
            version=version,
            purl=f"pkg:golang/{quote(name)}@{quote(version, safe='')}",
            source=f"in {', '.join(programs)}{pinned}",
        )


def module_rows(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and h1 of each module; of one that was replaced, what replaced it.

    Go's own library is `stdlib`, as package URLs call it. A program of ours has no version there.
    """
    rows: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        words = line.split()
        if found := _TOOLCHAIN.search(line):
            rows.append(("stdlib", found[1], ""))
        if not words or words[0] not in ("mod", "dep", "=>") or words[2:3] == ["(devel)"]:
            continue
        if words[0] == "=>" and rows:
            rows.pop()
        name, version, *rest = words[1:]
        rows.append((name, version, rest[0] if rest else ""))
    yield from rows


def document(components: Iterable[Component], digest: str) -> bytes:
    """Give the document. digest: of the manifest of files, which names this build."""
    parts = sorted(components, key=lambda one: one.id)
    whole = {
        "SPDXID": "SPDXRef-ichor",
        "name": "ichor",
        "versionInfo": __version__,
        "downloadLocation": _NONE,
        "filesAnalyzed": False,
        "licenseDeclared": "MPL-2.0",
        "licenseConcluded": "MPL-2.0",
        "copyrightText": _NONE,
    }
    found = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"ichor-{__version__}",
        "documentNamespace": f"urn:ichor:spdx:{__version__}:{digest}",
        "creationInfo": {"created": _CREATED, "creators": [f"Tool: ichor-{__version__}"]},
        "packages": [whole, *map(_package, parts)],
        "relationships": [
            _relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-ichor"),
            *map(_belongs, parts),
        ],
    }
    return json.dumps(found, indent=1, sort_keys=True).encode() + b"\n"


def _package(one: Component) -> dict[str, object]:
    purl = {
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": one.purl,
    }
    found: dict[str, object] = {
        "SPDXID": one.id,
        "name": one.name,
        "versionInfo": one.version,
        "downloadLocation": _NONE,
        "filesAnalyzed": False,
        "licenseDeclared": _NONE,
        "licenseConcluded": _NONE,
        "copyrightText": _NONE,
        "externalRefs": [purl],
    }
    if one.sha256:
        found["checksums"] = [{"algorithm": "SHA256", "checksumValue": one.sha256}]
    if one.source:
        found["sourceInfo"] = one.source
    if one.supplier:
        found["supplier"] = one.supplier
    return found


def _belongs(one: Component) -> dict[str, str]:
    if one.is_inside:
        return _relation("SPDXRef-ichor", CONTAINS, one.id)
    return _relation(one.id, BUILDS, "SPDXRef-ichor")


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}
