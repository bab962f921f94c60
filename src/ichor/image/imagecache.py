"""A cache of images for nodes without registries: some images of an OCI layout, as a layout.

Blobs are hard links where they can be, and everyone may read them: on a node registryd does, as a
user of its own. The index comes last, whole, so a node that serves the cache meanwhile sees the
old images or the new ones.
"""

import json
import os
import shutil
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path

from ichor.errors import FormatError, InputError
from ichor.formats import oci
from ichor.image import layout, signature
from ichor.image.layout import Found


def create(
    target: Path,
    source: Path,
    names: Sequence[str] = (),
    *,
    force: bool = False,
    signatures: bool = True,
) -> list[Found]:
    """Make a cache of these images, all if none is named; force: of one that is there already.

    signatures: with those that the source has of them, which nodes ask for whose rules do.
    """
    wanted = _chosen(source, names, signatures=signatures)
    if target.exists() and any(target.iterdir()):
        if not (target / "oci-layout").exists():
            raise InputError(
                f"{target} is no image cache, and not empty", path="--image-cache-path"
            )
        if not force:
            hint = "--force replaces it"
            raise InputError(f"{target} exists", path="--image-cache-path", hint=hint)
    blobs = {blob for image in wanted for blob in image.blobs}
    for blob in blobs:
        _take(source / oci.blob_path(blob), target / oci.blob_path(blob))
    digests = {image.digest for image in wanted}
    _write(target / "index.json", layout.index_of(source, digests))
    _write(target / "oci-layout", oci.LAYOUT)
    _prune(target, blobs)
    return wanted


def _chosen(source: Path, names: Sequence[str], *, signatures: bool) -> list[Found]:
    try:
        known = layout.images(source)
    except (OSError, FormatError, json.JSONDecodeError) as err:
        raise InputError(f"{source} is no OCI layout of images: {err}") from err
    known.pop("", None)
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1) or sorted(known)
            raise InputError(f"no image {name!r}", path="--images", hint=f"as {', '.join(near)}")
    of = {signature.name_of(one.name, one.digest): one.name for one in known.values()}
    chosen = [known[name] for name in names or sorted(known.keys() - of.keys())]
    wanted = {one.name for one in chosen}
    beside = [known[name] for name in sorted(known.keys() & of.keys()) if of[name] in wanted]
    return [*chosen, *(beside if signatures else ())]


def _take(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    for directory in (target.parent, target.parent.parent, target.parents[2]):
        directory.chmod(0o755)
    part = target.with_name(f".{target.name}")
    part.unlink(missing_ok=True)
    try:
        if not source.stat().st_mode & 0o004:
            raise PermissionError(source)  # a link would keep the mode
        os.link(source, part)
    except OSError:
        shutil.copyfile(source, part)
        part.chmod(0o644)
    part.rename(target)


def _write(path: Path, body: bytes) -> None:
    part = path.with_name(f".{path.name}")
    part.write_bytes(body)
    part.chmod(0o644)
    part.rename(path)


def _prune(target: Path, blobs: Collection[str]) -> None:
    kept = {blob.rpartition(":")[2] for blob in blobs}
    for path in (target / "blobs/sha256").iterdir():
        if path.name not in kept:
            path.unlink()
