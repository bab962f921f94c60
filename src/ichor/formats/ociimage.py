"""The parts of an OCI image that running it needs (opencontainers/image-spec).

index -> manifest of a platform -> config -> chain id, which names the unpacked snapshot
"""

from collections.abc import Sequence
from hashlib import sha256

from ichor.errors import FormatError
from ichor.formats.jsonvalue import Object, objs, text

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)


def chain_id(diff_ids: Sequence[str]) -> str:
    """Name the snapshot of a stack of layers. Raises FormatError for none."""
    if not diff_ids:
        raise FormatError("at least one layer")
    chain = diff_ids[0]
    for diff_id in diff_ids[1:]:
        chain = "sha256:" + sha256(f"{chain} {diff_id}".encode()).hexdigest()
    return chain


def manifest_digest(index: Object, architecture: str) -> str:
    """Give the digest of the manifest for linux on an architecture. Raises FormatError.

    A manifest without a platform fits if it is the only one.
    """
    manifests = objs(index, "manifests")
    for entry in manifests:
        wanted = ("linux", architecture)
        if (text(entry, "platform", "os"), text(entry, "platform", "architecture")) == wanted:
            return text(entry, "digest")
    if len(manifests) == 1 and "platform" not in manifests[0]:
        return text(manifests[0], "digest")
    raise FormatError(f"a manifest for linux/{architecture}")


def config_digest(manifest: Object) -> str:
    """Give the digest of the image's configuration. Raises FormatError."""
    digest = text(manifest, "config", "digest")
    if not digest:
        raise FormatError("config.digest in the manifest")
    return digest
