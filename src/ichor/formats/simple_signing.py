"""Signatures of images as cosign attaches them: an image beside the image, one layer a signature.

    registry.example/app:sha256-<hex>.sig   manifest: its layers are payloads of this type, each
                                            with its signature, base64, in an annotation
    payload   {"critical": {"identity": {"docker-reference": "registry.example/app"},
                            "image": {"docker-manifest-digest": "sha256:<hex>"},
                            "type": "cosign container image signature"}, "optional": ...}

(sigstore/cosign, specs/SIGNATURE_SPEC.md; the payload is containers/image's «simple signing».) What
is signed are the payload's bytes, so they say which image is meant: its digest, and its repository.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.formats import oci
from ichor.formats.jsonvalue import Object, canonical, decode_object, encode, objs, text
from ichor.formats.reference import Reference, one_name, parse

PAYLOAD_TYPE: Final = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION: Final = "dev.cosignproject.cosign/signature"
KIND: Final = "cosign container image signature"
PAYLOAD_MOST: Final = 64 << 10  # bytes; one is a few hundred
SIGNATURES_MOST: Final = 64  # that are looked at, of one image


class Signature(NamedTuple):
    """Where a payload is, and what is said to sign it."""

    digest: str
    size: int
    signature: bytes


def tag(digest: str) -> str:
    """Give the tag of an image's signatures in its repository."""
    return f"{digest.replace(':', '-')}.sig"


def signatures(manifest: Object) -> Iterator[Signature]:
    """Give what a manifest lists; what is no signature there is passed over."""
    for layer in objs(manifest, "layers")[:SIGNATURES_MOST]:
        if text(layer, "mediaType") != PAYLOAD_TYPE:
            continue
        size = layer.get("size")
        try:
            signature = base64.b64decode(text(layer, "annotations", ANNOTATION), validate=True)
        except (binascii.Error, ValueError):
            continue
        if signature and isinstance(size, int) and 0 < size <= PAYLOAD_MOST:
            yield Signature(text(layer, "digest"), size, signature)


def check(payload: bytes, image: Reference) -> None:
    """Check that a payload means this image. Raises FormatError saying what it means instead.

    image: with its digest. The payload's own authenticity is not looked at.
    """
    critical = decode_object(payload).get("critical")
    if text(critical, "type") != KIND:
        raise FormatError(f"a {KIND}")
    if (meant := text(critical, "image", "docker-manifest-digest")) != image.digest:
        raise FormatError(f"a signature of {image.digest}, not of {meant or 'nothing'}")
    meant = text(critical, "identity", "docker-reference")
    if repository(_read(meant)) != repository(image):
        raise FormatError(f"a signature for {'/'.join(repository(image))}, not for {meant or '?'}")


def _read(text: str) -> Reference:
    try:
        return parse(text)
    except FormatError:
        return Reference("", "")


def repository(name: Reference) -> tuple[str, str]:
    """Give registry and repository; of a registry's several names the one."""
    return one_name(name.registry), name.repository


def payload(image: Reference) -> bytes:
    """Write what is to be signed for an image, named with its digest."""
    return canonical(
        {
            "critical": {
                "identity": {"docker-reference": f"{image.registry}/{image.repository}"},
                "image": {"docker-manifest-digest": image.digest},
                "type": KIND,
            },
            "optional": None,
        }
    )


def documents(payload: bytes, signature: bytes) -> tuple[bytes, bytes, bytes]:
    """Write the image of one signature: manifest, configuration, and the payload as its layer."""
    config = encode(
        {
            "architecture": "",
            "created": oci.CREATED,
            "config": {},
            "history": [{"created": oci.CREATED}],
            "os": "",
            "rootfs": {"type": "layers", "diff_ids": [oci.digest(payload)]},
        }
    )
    layer = {
        **oci.Descriptor(PAYLOAD_TYPE, oci.digest(payload), len(payload)).json(),
        "annotations": {ANNOTATION: base64.b64encode(signature).decode()},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": oci.MANIFEST_TYPE,
        "config": oci.Descriptor(oci.CONFIG_TYPE, oci.digest(config), len(config)).json(),
        "layers": [layer],
    }
    return json.dumps(manifest, sort_keys=True).encode(), config, payload
