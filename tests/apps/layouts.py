"""OCI layouts for tests: one image a name, its layer a file of these bytes."""

import json
from collections.abc import Mapping
from pathlib import Path

from ichor.formats import oci
from ichor.image import layout


def write(directory: Path, *names: str, content: bytes = b"hello") -> dict[str, layout.Found]:
    images = []
    for name in names:
        entry = oci.file("greeting", content + name.encode())
        images.append(oci.Image(name, (layout.write_layer([entry], directory),), ("/greeting",)))
    layout.write_index(images, directory)
    return layout.images(directory)


def blob(directory: Path, digest: str) -> Path:
    return directory / oci.blob_path(digest)


def rename(directory: Path, names: Mapping[str, str]) -> None:
    """Give images of a layout other names; nothing else changes, digests neither."""
    path = directory / "index.json"
    index = json.loads(path.read_bytes())
    for row in index["manifests"]:
        notes = row["annotations"]
        notes["io.containerd.image.name"] = names[notes["io.containerd.image.name"]]
    path.write_text(json.dumps(index))
