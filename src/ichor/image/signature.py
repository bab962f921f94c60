"""Signatures of images in OCI layouts and archives, in the form that cosign attaches them in.

A signature is an image of its own beside the signed one: <repository>:sha256-<hex>.sig
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ichor.errors import FormatError, InputError
from ichor.formats import oci, simple_signing
from ichor.formats.reference import parse
from ichor.image import layout

Sign = Callable[[bytes], bytes]


def attach(directory: Path, names: Sequence[str], sign: Sign) -> list[str]:
    """Sign images of a layout, and add the signatures to it; gives their names."""
    known = layout.images(directory)
    return [add(directory, name, known[name].digest, sign) for name in names]


def add(directory: Path, name: str, digest: str, sign: Sign) -> str:
    """Add an image's signature to a layout, in which the image need not be; gives its name."""
    image = parse(name)._replace(digest=digest)
    payload = simple_signing.payload(image)
    bodies = simple_signing.documents(payload, sign(payload))
    for body in bodies:
        path = directory / oci.blob_path(oci.digest(body))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    signature = name_of(name, digest)
    row = oci.Descriptor(oci.MANIFEST_TYPE, oci.digest(bodies[0]), len(bodies[0])).json()
    row["annotations"] = {
        "io.containerd.image.name": signature,
        "org.opencontainers.image.ref.name": simple_signing.tag(digest),
    }
    path = directory / "index.json"
    index = json.loads(path.read_bytes()) if path.exists() else json.loads(oci.index([]))
    index["manifests"].append(row)
    path.write_text(json.dumps(index, sort_keys=True))
    (directory / "oci-layout").write_bytes(oci.LAYOUT)
    return signature


def name_of(name: str, digest: str) -> str:
    """Give the name of an image's signatures."""
    return str(parse(name)._replace(tag=simple_signing.tag(digest), digest=""))


def archive(repository: str, digest: str, sign: Sign, out: Path) -> str:
    """Write an archive of nothing but an image's signature; gives its name."""
    named = f"{repository}:x"
    try:
        is_whole = str(parse(named)) == named
    except FormatError:
        is_whole = False
    if not is_whole:
        raise InputError(
            f"{repository!r} is no repository", hint="write as registry.example/installer"
        )
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        name = add(Path(work), named, digest, sign)
        layout.archive(Path(work), [name], out)
    return name
