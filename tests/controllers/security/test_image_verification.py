"""The rules for images, from the text of a configuration to the resources."""

import textwrap

import pytest
from tests.config import samples

from ichor.config.decode import decode
from ichor.config.encode import encode
from ichor.controllers.security.image_verification import Inputs, reconcile
from ichor.formats.yaml.problem import Problems
from ichor.resources.config.active import ActiveConfig
from ichor.resources.security.image_verification_rule import (
    ImagePublicKeyVerifier,
    ImageVerificationRule,
)

KEY = samples.secrets().certs.os.crt
HEAD = "apiVersion: v1alpha1\nkind: ImageVerificationConfig\n"


def document(*rules: str) -> str:
    return HEAD + "rules:\n" + "".join(f"  - {rule}\n" for rule in rules)


def key_rule(image: str) -> str:
    pem = textwrap.indent(KEY, " " * 8)
    return f"image: {image!r}\n    publicKey:\n      certificate: |\n{pem}"


def test_rules_keep_their_order() -> None:
    text = document(key_rule("b.example/**"), "{image: a.example/x, skip: true}")
    config = decode(text + "  - {image: '**', deny: true}\n")
    assert decode(encode(config)) == config
    assert dict(reconcile(Inputs(config=ActiveConfig(value=config)))) == {
        "0000": ImageVerificationRule(
            image_pattern="b.example/**",
            public_key_verifier=ImagePublicKeyVerifier(certificate=KEY),
        ),
        "0001": ImageVerificationRule(image_pattern="a.example/x", skip=True),
        "0002": ImageVerificationRule(image_pattern="**", deny=True),
    }


def test_without_the_document_there_is_no_rule() -> None:
    assert list(reconcile(Inputs())) == []
    assert list(reconcile(Inputs(config=ActiveConfig(value=samples.worker())))) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (HEAD, "rules: expected at least one rule"),
        (document("{image: a.example/x}"), "expected one of skip, deny and publicKey"),
        (document("{image: a.example/x, skip: true, deny: true}"), "expected one of skip"),
        (document("{image: a.example/x, skip: false, deny: false}"), "expected one of skip"),
        (document("{skip: true}"), "image"),
        (document("{image: nginx, skip: true}"), "a registry first"),
        (document("{image: '*', deny: true}"), "** for all"),
        (document("{image: a.example/x, keyless: {issuer: x}}"), "keyless"),
        (document("{image: a.example/x, publicKey: {}}"), "certificate"),
        (document("{image: a.example/x, publicKey: {certificate: x}}"), "a public key in PEM"),
        (document(*["{image: a.example/x, skip: true}"] * 2), "an earlier rule"),
        (document(key_rule("a.example/x") + textwrap.indent(KEY, " " * 8)), "one certificate"),
    ],
)
def test_what_says_nothing_or_two_things_is_refused(text: str, fault: str) -> None:
    with pytest.raises(Problems) as caught:
        decode(text)
    assert fault in str(caught.value)
