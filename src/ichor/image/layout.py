"""OCI layouts as directories: layers written once under their digest, images read back by name."""

import hashlib
import json
import os
import tarfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.formats import oci

_CHUNK = 1 << 20


class Found(NamedTuple):
    """An image of a layout; size: of its manifest, configuration and layers, shared ones too."""

    name: str
    digest: str
    size: int
    blobs: tuple[str, ...]

    @property
    def config(self) -> str:
        """Give the digest of the configuration, which CRI calls the image's id."""
        return self.blobs[1]


def entry(source: Path, path: str, mode: int | None = None) -> oci.Entry:
    """Give a layer's entry for a file of the host; 0755 or 0644 as its owner may run it or not."""
    status = source.stat()
    plain = 0o755 if status.st_mode & 0o100 else 0o644
    return oci.Entry(path, plain if mode is None else mode, status.st_size, _reader(source))


def write_layer(entries: Iterable[oci.Entry], layout: Path) -> oci.Descriptor:
    """Write a layer's blob and give its descriptor."""
    folder = layout / "blobs/sha256"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".layer.{os.getpid()}"
    total, size = hashlib.sha256(), 0
    with part.open("wb") as file:
        for chunk in oci.layer(entries):
            total.update(chunk)
            size += file.write(chunk)
    part.rename(folder / total.hexdigest())
    return oci.Descriptor(oci.LAYER_TYPE, f"sha256:{total.hexdigest()}", size)


def write_index(images: Sequence[oci.Image], layout: Path) -> None:
    """Write manifests, configurations and the index of images whose layers are there."""
    for name, body in oci.documents(images).items():
        path = layout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)


def images(layout: Path) -> dict[str, Found]:
    """Read the images of a layout by their references. Raises FormatError."""
    index: object = json.loads((layout / "index.json").read_text())
    found: dict[str, Found] = {}
    for row in _rows(index, "manifests"):
        notes = row.get("annotations")
        name = str(notes.get("io.containerd.image.name")) if isinstance(notes, dict) else ""
        digest = str(row["digest"])
        manifest: object = json.loads((layout / oci.blob_path(digest)).read_text())
        blobs = [digest, *(str(each["digest"]) for each in _rows(manifest, "layers"))]
        if isinstance(manifest, dict):
            blobs.insert(1, str(manifest["config"]["digest"]))
        size = sum((layout / oci.blob_path(each)).stat().st_size for each in blobs)
        found[name] = Found(name, digest, size, tuple(blobs))
    return found


def archive(layout: Path, names: Sequence[str], out: Path) -> None:
    """Write an OCI archive of some images of a layout, each blob once; the same for the same."""
    known = images(layout)
    wanted = [known[name] for name in names]
    part = out.with_name(f"{out.name}.index")
    part.write_bytes(index_of(layout, {each.digest for each in wanted}))
    with tarfile.open(out, "w") as file:
        file.add(layout / "oci-layout", "oci-layout", filter=_settled)
        file.add(part, "index.json", filter=_settled)
        for blob in dict.fromkeys(blob for each in wanted for blob in each.blobs):
            file.add(layout / oci.blob_path(blob), oci.blob_path(blob), filter=_settled)
    part.unlink()


def _settled(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out when a file was made, and whose it is."""
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def index_of(layout: Path, digests: Collection[str]) -> bytes:
    """Give the index of a layout with nothing but these images."""
    index: object = json.loads((layout / "index.json").read_text())
    rows = [row for row in _rows(index, "manifests") if row["digest"] in digests]
    body = {"schemaVersion": 2, "mediaType": oci.INDEX_TYPE, "manifests": rows}
    return json.dumps(body, sort_keys=True).encode()


def _reader(source: Path) -> Callable[[], Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        with source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return read


def _rows(document: object, name: str) -> list[dict[str, object]]:
    rows = document.get(name) if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise FormatError(f"a list {name!r}")
    return rows
