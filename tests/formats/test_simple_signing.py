"""Payloads of signatures: which image they mean."""

import json

import pytest

from ichor.errors import FormatError
from ichor.formats import oci, simple_signing
from ichor.formats.jsonvalue import decode_object
from ichor.formats.reference import parse

DIGEST = "sha256:" + "a" * 64
IMAGE = parse(f"registry.example/team/app:1@{DIGEST}")
# As cosign 2.4 writes it.
FOREIGN = (
    '{"critical":{"identity":{"docker-reference":"%s"},"image":{"docker-manifest-digest":"%s"},'
    '"type":"cosign container image signature"},"optional":null}'
)


def test_a_payload_means_its_image() -> None:
    simple_signing.check(simple_signing.payload(IMAGE), IMAGE)
    simple_signing.check((FOREIGN % ("registry.example/team/app", DIGEST)).encode(), IMAGE)


def test_the_hub_has_several_names() -> None:
    hub = parse(f"nginx@{DIGEST}")
    simple_signing.check((FOREIGN % ("index.docker.io/library/nginx", DIGEST)).encode(), hub)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (FOREIGN % ("registry.example/team/app", "sha256:" + "b" * 64), "not of sha256:bbb"),
        (FOREIGN % ("registry.example/team/other", DIGEST), "not for registry.example/team/other"),
        (FOREIGN % ("other.example/team/app", DIGEST), "not for other.example/team/app"),
        (FOREIGN % ("", DIGEST), "not for ?"),
        (FOREIGN.replace("cosign", "atomic") % ("registry.example/team/app", DIGEST), "cosign"),
        ("{}", "cosign"),
        ("[]", "JSON object"),
        ("{", "JSON"),
    ],
)
def test_a_payload_of_another_image_says_so(payload: str, why: str) -> None:
    with pytest.raises(FormatError) as caught:
        simple_signing.check(payload.encode(), IMAGE)
    assert why in str(caught.value)


def test_a_signature_is_read_as_it_is_written() -> None:
    payload = simple_signing.payload(IMAGE)
    manifest, config, again = simple_signing.documents(payload, b"signed")
    assert again == payload
    assert decode_object(manifest)["config"] == {
        "mediaType": oci.CONFIG_TYPE,
        "digest": oci.digest(config),
        "size": len(config),
    }
    (found,) = simple_signing.signatures(decode_object(manifest))
    assert found == (oci.digest(payload), len(payload), b"signed")
    assert simple_signing.tag(DIGEST) == "sha256-" + "a" * 64 + ".sig"


@pytest.mark.parametrize(
    "change",
    [
        {"mediaType": oci.LAYER_TYPE},
        {"size": 1 << 20},
        {"size": -1},
        {"size": "9"},
        {"annotations": {simple_signing.ANNOTATION: "no base64"}},
        {"annotations": {}},
    ],
)
def test_what_is_no_signature_is_passed_over(change: dict[str, object]) -> None:
    manifest = json.loads(simple_signing.documents(b"{}", b"signed")[0])
    manifest["layers"][0] |= change
    assert list(simple_signing.signatures(manifest)) == []
