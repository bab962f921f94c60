"""Whether wanted files are on the disk, and a digest of what they hold."""

import hashlib
from collections.abc import Mapping, Sequence

from ichor.cosi.resource import Resource
from ichor.resources.files.file import FileSpec, FileStatus


def all_written(wanted: Sequence[Resource[FileSpec]], written: Mapping[str, FileStatus]) -> bool:
    """Say that there is something wanted, and that all of it is there as wanted."""
    return bool(wanted) and all(is_written(one, written) for one in wanted)


def is_written(wanted: Resource[FileSpec], written: Mapping[str, FileStatus]) -> bool:
    held = written.get(wanted.id)
    return held is not None and held.spec_version == wanted.metadata.version


def digest(wanted: Sequence[Resource[FileSpec]]) -> str:
    """Give a short name for these contents under these names."""
    whole = hashlib.sha256()
    for one in wanted:
        content = one.spec.content.reveal()
        whole.update(f"{one.id}\0{len(content)}\0{content}".encode())
    return whole.hexdigest()[:16]
