"""The images of some OCI layouts: names from their index.json, contents by digest.

    root/index.json        read again when it changed; its rows name images (annotations below)
    root/blobs/sha256/…    opened by 64 hexadecimal digits and nothing else

A damaged index hides the names of its own root only; what is asked for by digest is still there.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.formats.jsonvalue import Object, decode_object, objs, strings, text
from ichor.formats.reference import Reference, is_digest, parse
from ichor.log import fields, logger

# What a manifest may weigh at most (distribution specification 1.1: registries should take 4 MiB).
DOCUMENT: Final = 4 << 20
# containerd writes the whole name; others may write it where only the tag is expected.
_NAMES: Final = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_DEFAULT: Final = "application/vnd.oci.image.manifest.v1+json"
_log = logger(__name__)


class Document(NamedTuple):
    """A manifest or an index of manifests, its digest verified."""

    media_type: str
    digest: str
    body: bytes


class Content(NamedTuple):
    """An open blob, not verified. Caller closes fd."""

    fd: int
    size: int


_Stamp = tuple[int, int, int]


class Library:
    """roots: of OCI layouts; of one name in several, the first counts."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = tuple(roots)
        self._read: dict[Path, tuple[_Stamp, Mapping[Reference, str]]] = {}

    def document(self, registry: str, repository: str, reference: str) -> Document | None:
        """Give a manifest by tag or digest; registry: empty for any."""
        digest = reference
        if not is_digest(reference):
            digest = self._named(registry, repository, reference)
        content = self.content(digest) if digest else None
        if content is None:
            return None
        with _closed(content):
            body = os.pread(content.fd, DOCUMENT + 1, 0)
        if len(body) > DOCUMENT or f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
            _log.error("a manifest is damaged", extra=fields(digest=digest))
            return None
        return Document(_media_type(body), digest, body)

    def content(self, digest: str) -> Content | None:
        """Open a blob. The digest must be one: it is part of a path."""
        if not is_digest(digest):
            raise ValueError(f"{digest!r} is no digest")
        for root in self._roots:
            path = root / "blobs/sha256" / digest.removeprefix("sha256:")
            with suppress(OSError):
                fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
                return Content(fd, os.fstat(fd).st_size)
        return None

    def _named(self, registry: str, repository: str, tag: str) -> str:
        for root in self._roots:
            for name, digest in self._names(root).items():
                if (name.repository, name.tag) == (repository, tag) and (
                    registry in ("", name.registry)
                ):
                    return digest
        return ""

    def _names(self, root: Path) -> Mapping[Reference, str]:
        path = root / "index.json"
        try:
            status = path.stat()
            stamp = (status.st_ino, status.st_size, status.st_mtime_ns)
            known = self._read.get(root)
            if known is not None and known[0] == stamp:
                return known[1]
            found = dict(names(decode_object(_bounded(path))))
        except (OSError, FormatError) as err:
            _log.warning("no index of images", extra=fields(root=str(root), why=str(err)))
            return {}
        self._read[root] = (stamp, found)
        return found


def names(index: Object) -> Iterator[tuple[Reference, str]]:
    """Give the digests of the images that an index names in full."""
    for row in objs(index, "manifests"):
        notes, digest = strings(row, "annotations"), text(row, "digest")
        written = next((notes[name] for name in _NAMES if "/" in notes.get(name, "")), "")
        with suppress(FormatError):
            if is_digest(digest):
                yield parse(written), digest


def _media_type(body: bytes) -> str:
    try:
        return text(decode_object(body), "mediaType") or _DEFAULT
    except FormatError:
        return "application/octet-stream"


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        body = file.read(DOCUMENT + 1)
    if len(body) > DOCUMENT:
        raise FormatError(f"at most {DOCUMENT} bytes in {path.name}")
    return body


@contextmanager
def _closed(content: Content) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(content.fd)
