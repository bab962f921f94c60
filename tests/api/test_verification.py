"""Which images are taken: rules over a real registry and the signer's own code."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.api.serving import CLOCK, refused, serving
from tests.apps import layouts
from tests.apps.signing import Key

from ichor.api.machine.images import SERVICE, ImageService
from ichor.api.verification import Refused, Verification
from ichor.apps.registryd.library import Library
from ichor.apps.registryd.server import Registry
from ichor.apps.signer.main import reply
from ichor.cosi.memory import Memory
from ichor.cosi.resource import resource
from ichor.errors import InputError
from ichor.formats import oci, simple_signing
from ichor.formats.jsonvalue import decode_object
from ichor.image import layout
from ichor.peers.registry import HttpRegistries
from ichor.pki.signing import Answer, Question, encode, read_question
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.cri.ids import REGISTRIES_CONFIG_ID
from ichor.resources.cri.registry import (
    RegistryConfig,
    RegistryEndpointConfig,
    RegistryMirrorConfig,
)
from ichor.resources.security.image_verification_rule import (
    ImageKeylessVerifier,
    ImagePublicKeyVerifier,
    ImageVerificationRule,
)
from ichor.rpc.status import Code, RpcError

NAME = "registry.example/team/app:1.0"
OTHER = "registry.example/team/other:1.0"
KEY, FOREIGN = Key(), Key()


class Signer:
    """Answers as the process does, in this one."""

    async def ask(self, question: Question) -> Answer:
        answer = reply(read_question(encode(question)), datetime(2026, 1, 1, tzinfo=UTC))
        if answer.error:
            raise InputError(answer.error)
        return answer


def signed(pattern: str = "registry.example/**", key: Key = KEY) -> ImageVerificationRule:
    verifier = ImagePublicKeyVerifier(certificate=key.public)
    return ImageVerificationRule(image_pattern=pattern, public_key_verifier=verifier)


def skip(pattern: str) -> ImageVerificationRule:
    return ImageVerificationRule(image_pattern=pattern, skip=True)


def deny(pattern: str) -> ImageVerificationRule:
    return ImageVerificationRule(image_pattern=pattern, deny=True)


def state(rules: Sequence[ImageVerificationRule], endpoint: str) -> Memory:
    made = Memory(CLOCK.now)
    mirror = RegistryMirrorConfig(
        endpoints=(RegistryEndpointConfig(endpoint=endpoint),), skip_fallback=True
    )
    made.create(resource(RegistryConfig(mirrors={"*": mirror}), REGISTRIES_CONFIG_ID))
    for index, rule in enumerate(rules):
        made.create(resource(rule, f"{index:04d}"))
    return made


def run(
    directory: Path,
    rules: Sequence[ImageVerificationRule],
    check: Callable[[Verification], Awaitable[None]],
) -> None:
    """Serve the layout as every registry's mirror, and let the check ask."""

    async def main() -> None:
        registry = Registry(Library([directory]))
        port = await registry.listen("127.0.0.1", 0)
        made = state(rules, f"http://127.0.0.1:{port}")
        try:
            async with asyncio.timeout(30):
                await check(Verification(made, HttpRegistries(), Signer()))
        finally:
            await registry.close()

    asyncio.run(main())


def judge(directory: Path, name: str, digest: str, *rules: ImageVerificationRule) -> str:
    """Give what is said of an image, with `no: ` before it where it is refused."""
    said: list[str] = []

    async def check(verification: Verification) -> None:
        try:
            verdict = await verification.judge(name, digest)
            said.append(f"{'signed' if verdict.is_verified else 'taken'}: {verdict.message}")
        except Refused as err:
            said.append(f"no: {err}")

    run(directory, rules, check)
    return said[0]


def made(directory: Path, *keys: Key) -> str:
    """Write an image with its signatures; gives its digest."""
    found = layouts.write(directory, NAME)[NAME]
    for key in keys:
        key.attach(directory, NAME)
    return found.digest


def signature_rows(directory: Path) -> Path:
    """Give the manifest of the image's signatures."""
    known = layout.images(directory)
    (name,) = (each for each in known if each.endswith(".sig"))
    return layouts.blob(directory, known[name].digest)


def test_an_image_signed_by_the_key_is_taken(tmp_path: Path) -> None:
    digest = made(tmp_path, KEY)
    assert judge(tmp_path, NAME, digest, signed()).startswith("signed: ")
    by_digest = f"registry.example/team/app@{digest}"
    assert judge(tmp_path, by_digest, digest, signed()).startswith("signed: ")


def test_an_image_without_a_signature_is_not(tmp_path: Path) -> None:
    said = judge(tmp_path, NAME, made(tmp_path), signed())
    assert said.startswith("no: not verified, as rule 'registry.example/**' asks: sha256:")
    assert said.endswith("has no signature in its registry")


def test_an_image_that_somebody_else_signed_is_not(tmp_path: Path) -> None:
    digest = made(tmp_path, FOREIGN)
    assert "none of the signatures is by the rule's key" in judge(tmp_path, NAME, digest, signed())


def test_a_signature_of_another_digest_is_not_for_this_one(tmp_path: Path) -> None:
    made(tmp_path, KEY)
    digest = "sha256:" + "0" * 64
    assert "has no signature in its registry" in judge(tmp_path, NAME, digest, signed())


def test_a_signature_copied_to_another_image_does_not_count(tmp_path: Path) -> None:
    digest = made(tmp_path, KEY)
    fake = "sha256:" + "0" * 64
    moved = f"registry.example/team/app:{simple_signing.tag(fake)}"
    layouts.rename(
        tmp_path, {NAME: NAME, f"registry.example/team/app:{simple_signing.tag(digest)}": moved}
    )
    said = judge(tmp_path, NAME, fake, signed())
    assert "no signature that counts" in said
    assert f"not of {digest}" in said


def test_a_signature_of_one_repository_is_not_for_another(tmp_path: Path) -> None:
    digest = made(tmp_path, KEY)
    tag = simple_signing.tag(digest)
    layouts.rename(
        tmp_path,
        {NAME: OTHER, f"registry.example/team/app:{tag}": f"registry.example/team/other:{tag}"},
    )
    assert "not for registry.example/team/app" in judge(tmp_path, OTHER, digest, signed())


def test_a_payload_that_was_changed_does_not_count(tmp_path: Path) -> None:
    digest = made(tmp_path, KEY)
    manifest = signature_rows(tmp_path)
    (found,) = simple_signing.signatures(decode_object(manifest.read_bytes()))
    blob = layouts.blob(tmp_path, found.digest)
    blob.write_bytes(blob.read_bytes().replace(b'"optional":null', b'"optional":true'))
    assert judge(tmp_path, NAME, digest, signed()).startswith("no: ")


def test_a_payload_that_was_changed_with_its_digests_is_not_signed(tmp_path: Path) -> None:
    digest = made(tmp_path, KEY)
    (found,) = simple_signing.signatures(decode_object(signature_rows(tmp_path).read_bytes()))
    payload = layouts.blob(tmp_path, found.digest).read_bytes()
    changed = payload.replace(b'"optional":null', b'"optional":true')
    assert changed != payload

    class Replayed(Key):
        def sign(self, data: bytes) -> bytes:
            return found.signature

    layouts.write(tmp_path / "b", NAME)
    Replayed().attach(tmp_path / "b", NAME)
    manifest, config, _ = simple_signing.documents(changed, found.signature)
    for body in (manifest, config, changed):
        layouts.blob(tmp_path / "b", oci.digest(body)).write_bytes(body)
    index = (tmp_path / "b/index.json").read_text()
    old = layout.images(tmp_path / "b")[
        f"registry.example/team/app:{simple_signing.tag(digest)}"
    ].digest
    (tmp_path / "b/index.json").write_text(index.replace(old, oci.digest(manifest)))
    assert "none of the signatures is by the rule's key" in judge(
        tmp_path / "b", NAME, digest, signed()
    )


def test_a_registry_that_does_not_answer_is_a_no(tmp_path: Path) -> None:
    digest = made(tmp_path, KEY)

    async def check() -> None:
        verification = Verification(
            state([signed()], "http://127.0.0.1:1"), HttpRegistries(), Signer()
        )
        with pytest.raises(Refused, match="not verified"):
            await verification.judge(NAME, digest)

    asyncio.run(check())


def test_the_first_rule_that_fits_decides(tmp_path: Path) -> None:
    digest = made(tmp_path)
    fits, other = "registry.example/team/*", "other.example/**"
    assert judge(tmp_path, NAME, digest) == "taken: no rule is about it"
    assert judge(tmp_path, NAME, digest, deny(other)) == "taken: no rule is about it"
    assert judge(tmp_path, NAME, digest, deny("**")) == "no: denied by rule '**'"
    rules = (skip(fits), signed(), deny("**"))
    assert judge(tmp_path, NAME, digest, *rules) == f"taken: skipped by rule {fits!r}"
    assert judge(tmp_path, NAME, digest, deny(fits), skip("**")).startswith("no: denied")
    assert judge(tmp_path, NAME, digest, skip(other), signed()).startswith("no: not verified")


def test_a_tag_that_nobody_looks_at_lets_nothing_through(tmp_path: Path) -> None:
    digest = made(tmp_path)
    rules = (skip("registry.example/team/app:1.*"), deny("**"))
    assert judge(tmp_path, "registry.example/team/app:1.0", digest, *rules).startswith("taken: ")
    pinned = f"registry.example/team/app:1.0@{digest}"
    assert judge(tmp_path, pinned, digest, *rules) == "no: denied by rule '**'"


def test_what_is_no_name_is_refused_where_there_are_rules(tmp_path: Path) -> None:
    digest = made(tmp_path)
    assert judge(tmp_path, "Not A Name", digest, skip("**")).startswith("no: ")
    assert judge(tmp_path, "Not A Name", digest).startswith("taken: ")


def test_a_name_with_another_digest_than_what_came_is_refused(tmp_path: Path) -> None:
    digest = made(tmp_path, KEY)
    name = "registry.example/team/app@sha256:" + "0" * 64
    assert "is not what its name says" in judge(tmp_path, name, digest, signed())


def test_a_rule_that_cannot_be_verified_here_is_a_no(tmp_path: Path) -> None:
    rule = ImageVerificationRule(
        image_pattern="**", keyless_verifier=ImageKeylessVerifier(issuer="x", subject="y")
    )
    assert "cannot be verified here" in judge(tmp_path, NAME, made(tmp_path, KEY), rule)


def test_the_interface_says_what_would_be_taken(tmp_path: Path) -> None:
    digest = made(tmp_path / "images", KEY)
    rules = (signed("registry.example/team/app"), deny("registry.example/**"))

    async def check(verification: Verification) -> None:
        service = ImageService({}, "", CLOCK.now, verification)

        async def ask(name: str) -> pb.ImageServiceVerifyResponse:
            request = pb.ImageServiceVerifyRequest(image_ref=name)
            answer = pb.ImageServiceVerifyResponse
            return await node.call("Verify", request, answer, service=SERVICE)

        async with serving(tmp_path, service.handlers()) as node:
            found = await ask(NAME)
            assert found.verified
            assert found.digested_image_ref == f"registry.example/team/app@{digest}"
            found = await ask(f"a.example/x@{digest}")
            assert (found.verified, found.message) == (False, "no rule is about it")
            with pytest.raises(RpcError) as caught:
                await ask(f"registry.example/x@{digest}")
            refused(caught.value, Code.FAILED_PRECONDITION, "denied by rule", digest)
            with pytest.raises(RpcError) as caught:
                await ask("registry.example/team/none:1")
            refused(caught.value, Code.NOT_FOUND, "team/none has no 1")

    run(tmp_path / "images", rules, check)
