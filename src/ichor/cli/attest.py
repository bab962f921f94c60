"""`ichor attest`: whether a machine runs what it should, judged here.

    nonce of ours ─► quote of its TPM, logs ─► verified ─► credential for its keys ─► comes back

What a machine's TPM is, is remembered by its name the first time: later another one is refused.
"""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ichor.cli.node import Target, calls_any_machine
from ichor.errors import InputError

if TYPE_CHECKING:
    from ichor.client.attestation import Answer, Challenge, Pin, Verdict
    from ichor.client.machine import Node
    from ichor.formats.measured import Manifest

_CALL_S: Final = 60.0
_NONCE: Final = 32


@click.command()
@click.option(
    "--manifest", type=click.Path(path_type=Path), help="Of the release: measurements.json."
)
@click.option(
    "--image",
    type=click.Path(path_type=Path),
    help="The release's ichor.efi instead, with --loader.",
)
@click.option(
    "--loader", type=click.Path(path_type=Path), help="The boot loader beside that image."
)
@click.option(
    "--release", type=click.Path(path_type=Path), help="A folder of `ichor release` instead."
)
@click.option(
    "--certificate", type=click.Path(path_type=Path), help="With it: of who is trusted to release."
)
@click.option("--ak", help="SHA-256 of the attestation key, instead of the one that is remembered.")
@click.option("--forget", is_flag=True, help="Take its TPM for a new one.")
@click.option("--secure-boot", is_flag=True, help="Refuse a machine that has Secure Boot off.")
@calls_any_machine
def attest(
    target: Target,
    manifest: Path | None,
    image: Path | None,
    loader: Path | None,
    release: Path | None,
    certificate: Path | None,
    ak: str | None,
    *,
    forget: bool,
    secure_boot: bool,
) -> None:
    """Have a machine's TPM show what it runs, and verify it."""
    from ichor.cli.attest_pins import Pins

    wanted = _wanted(release, certificate) or _release(manifest, image, loader)
    if release is not None and (manifest, image, loader) != (None, None, None):
        raise InputError("--release says all of it")
    pins = Pins()

    async def ask(node: "Node") -> "tuple[str, Verdict, bool]":
        known = None if forget else pins.get(node.name)
        pin = _pinned(known, _fingerprint(ak)) if ak else known
        verdict, has_certificate = await _verified(node, pin, wanted)
        if secure_boot and not verdict.secure_boot:
            raise InputError("Secure Boot is off, or its state was not measured")
        pins.set(node.name, verdict.pin)
        return node.name, verdict, has_certificate

    name, verdict, has_certificate = target.one(ask)
    _show(name, verdict, has_certificate=has_certificate)


def _wanted(folder: Path | None, certificate: Path | None) -> "Manifest | None":
    """Give what a signed release measures."""
    if folder is None and certificate is None:
        return None
    if folder is None or certificate is None:
        raise InputError("--release and --certificate: both, for a signature is by somebody")
    from ichor.image import release

    return release.measurements(folder, certificate.read_text())


def _release(manifest: Path | None, image: Path | None, loader: Path | None) -> "Manifest | None":
    from ichor.formats import measured

    if manifest is not None and image is None:
        return measured.read_manifest(manifest.read_bytes())
    if image is not None and loader is not None and manifest is None:
        from ichor.image import measure

        return measure.manifest(image.read_bytes(), loader.read_bytes(), image.name)
    if (manifest, image, loader) != (None, None, None):
        raise InputError("either --manifest, or --image and --loader")
    return None


def _pinned(known: "Pin | None", key: str) -> "Pin":
    """Give what is known of a TPM, with the key that it must have."""
    from msgspec.structs import replace

    from ichor.client.attestation import Pin

    return Pin(key=key) if known is None else replace(known, key=key)


def _fingerprint(text: str) -> str:
    lower = text.strip().replace(":", "").lower()
    if len(lower) != 64 or not all(letter in "0123456789abcdef" for letter in lower):
        raise InputError(f"{text!r} is no SHA-256 in hexadecimal", path="--ak")
    return lower


async def _verified(
    node: "Node", pin: "Pin | None", release: "Manifest | None"
) -> "tuple[Verdict, bool]":
    """Give what was proven, and whether the maker of the TPM says that it is one."""
    from ichor.client.attestation import PCRS, Challenge, verify

    challenge = Challenge(os.urandom(_NONCE), PCRS)
    answer = await _ask(node, challenge)
    verdict = verify(answer, challenge, pin, release)
    await _activate(node, answer)
    return verdict, bool(answer.evidence.certificate)


async def _ask(node: "Node", challenge: "Challenge") -> "Answer":
    from ichor.client.attestation import Answer
    from ichor.proto.ichor import attest_pb2 as pb
    from ichor.protocols.tpm2.attest import Evidence

    request = pb.AttestRequest(nonce=challenge.nonce, pcrs=challenge.pcrs)
    begin = time.monotonic()
    said = await node.call(
        "Attest",
        request,
        pb.AttestResponse,
        timeout_s=_CALL_S,
        module=pb,
        service="Attestation",
    )
    evidence = Evidence(
        said.quote,
        said.signature,
        said.attestation_key,
        said.endorsement_key,
        said.endorsement_certificate,
        {one.pcr: one.value for one in said.values},
    )
    seconds = time.monotonic() - begin
    return Answer(evidence, said.event_log, said.measured_log, seconds)


async def _activate(node: "Node", answer: "Answer") -> None:
    """See that both keys are of one TPM. Raises Rejected."""
    from ichor.client import credential
    from ichor.client.attestation import Reason, Rejected
    from ichor.proto.ichor import attest_pb2 as pb

    secret = os.urandom(credential.SIZE)
    made = credential.make(answer.evidence.endorsement, answer.evidence.key, secret, os.urandom)
    said = await node.call(
        "Activate",
        pb.ActivateRequest(identity=made.identity, secret=made.secret),
        pb.ActivateResponse,
        timeout_s=_CALL_S,
        module=pb,
        service="Attestation",
    )
    if said.credential != secret:
        message = "the attestation key is not in the TPM that has the endorsement key"
        raise Rejected(Reason.KEY, message)


def _show(name: str, verdict: "Verdict", *, has_certificate: bool) -> None:
    secure = {True: "on", False: "off", None: "not measured"}[verdict.secure_boot]
    maker = "with a certificate, which is not checked" if has_certificate else "no certificate"
    rows = [
        ("NODE", name),
        ("ATTESTATION KEY", verdict.pin.key),
        ("ENDORSEMENT KEY", f"{verdict.pin.endorsement} ({maker})"),
        ("SECURE BOOT", secure),
        ("RELEASE", verdict.version or "none given: nothing says what should run"),
        ("ROOT", verdict.root),
        ("PHASE", verdict.phase),
    ]
    rows += [(f"PCR {pcr}", value.hex()) for pcr, value in verdict.values.items()]
    for title, value in rows:
        if value:
            print(f"{title:<16} {value}")
