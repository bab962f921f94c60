"""OCI images as bytes, the same for the same input: layers, configuration, manifest, index.

layer  = tar (ustar or pax headers, sorted, mtime 0, owners as told), not compressed: its digest is
         its diff id and depends on no compressor's version
image  = configuration naming the diff ids -> manifest naming the blobs -> index naming manifests
Contents of files are iterables of chunks, so that a layer of 140 MB is never in memory.
(OCI image specification 1.1; containerd takes an image's name from an annotation of the index.)
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

CREATED: Final = "1970-01-01T00:00:00Z"
INDEX_TYPE: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE: Final = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE: Final = "application/vnd.oci.image.layer.v1.tar"
LAYOUT: Final = b'{"imageLayoutVersion":"1.0.0"}'
_BLOCK = 512


class Entry(NamedTuple):
    """A file, directory (content None) or symlink (target set) of a layer; path is relative."""

    path: str
    mode: int = 0o755
    size: int = 0
    content: Callable[[], Iterable[bytes]] | None = None
    target: str = ""
    uid: int = 0
    gid: int = 0


class Descriptor(NamedTuple):
    media_type: str
    digest: str
    size: int

    def json(self) -> dict[str, object]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


class Image(NamedTuple):
    """What makes an image besides its layers; user is `uid:gid`, empty for root."""

    name: str
    layers: tuple[Descriptor, ...]
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    user: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    architecture: str = "amd64"


def file(path: str, data: bytes, mode: int = 0o644, uid: int = 0, gid: int = 0) -> Entry:
    """Give an entry for a file whose content is at hand."""
    return Entry(path, mode, len(data), lambda: (data,), uid=uid, gid=gid)


def layer(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a layer's tar; parents that are not given are made, 0755 root."""
    for entry in _with_parents(entries):
        yield _header(entry)
        if entry.content is not None:
            yield from _body(entry)
    yield bytes(2 * _BLOCK)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def config(image: Image) -> bytes:
    """Give the image's configuration; the layers must be uncompressed tars."""
    settings: dict[str, object] = {
        "Env": ["PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin", *image.env],
        "Entrypoint": list(image.entrypoint),
        "WorkingDir": "/",
        "Labels": dict(image.labels),
    }
    if image.cmd:
        settings["Cmd"] = list(image.cmd)
    if image.user:
        settings["User"] = image.user
    return _json(
        {
            "created": CREATED,
            "architecture": image.architecture,
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [each.digest for each in image.layers]},
            "history": [{"created": CREATED, "created_by": "ichor build"} for _ in image.layers],
        }
    )


def manifest(image: Image) -> bytes:
    body = config(image)
    return _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": Descriptor(CONFIG_TYPE, digest(body), len(body)).json(),
            "layers": [each.json() for each in image.layers],
            "annotations": dict(image.labels),
        }
    )


def index(images: Sequence[Image]) -> bytes:
    """Give the index of a layout that holds these images, each under its full reference."""
    rows: list[object] = []
    for image in images:
        body = manifest(image)
        row = Descriptor(MANIFEST_TYPE, digest(body), len(body)).json()
        row["platform"] = {"architecture": image.architecture, "os": "linux"}
        row["annotations"] = {
            "io.containerd.image.name": image.name,
            "org.opencontainers.image.ref.name": image.name.rpartition(":")[2],
        }
        rows.append(row)
    return _json({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": rows})


def documents(images: Sequence[Image]) -> Mapping[str, bytes]:
    """Give the small files of a layout by their path; the layers' blobs are the caller's."""
    found = {"oci-layout": LAYOUT, "index.json": index(images)}
    for image in images:
        for body in (config(image), manifest(image)):
            found[blob_path(digest(body))] = body
    return found


def blob_path(of: str) -> str:
    """Give a blob's path in a layout: blobs/sha256/..."""
    return "blobs/" + of.replace(":", "/")


def _with_parents(entries: Iterable[Entry]) -> Iterator[Entry]:
    given = {entry.path: entry for entry in entries}
    for path in list(given):
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            parent = "/".join(parts[:depth])
            given.setdefault(parent, Entry(parent))
    # By parts, not by text: `a/b` must come before `a-b` so that a parent precedes its children.
    for path in sorted(given, key=lambda each: each.split("/")):
        yield given[path]


def _header(entry: Entry) -> bytes:
    import tarfile  # nodes know images, and build none

    info = tarfile.TarInfo(entry.path)
    info.mode, info.uid, info.gid, info.mtime = entry.mode, entry.uid, entry.gid, 0
    if entry.target:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.target, 0o777
    elif entry.content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = entry.size
    return info.tobuf(tarfile.PAX_FORMAT)


def _body(entry: Entry) -> Iterator[bytes]:
    written = 0
    for chunk in entry.content() if entry.content else ():
        written += len(chunk)
        yield chunk
    if written != entry.size:
        raise ValueError(f"{entry.path}: {written} bytes, {entry.size} were promised")
    yield bytes(-written % _BLOCK)


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
