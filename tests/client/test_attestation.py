"""A machine shows what it is, or is refused, each time for its own reason."""

import os
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.machine_that_attests import (
    CALLING,
    ROOT,
    STUB,
    Machine,
    booted,
    challenge,
    hashed,
    release,
)
from tests.formats.test_tcg_log import new

from ichor.client import credential
from ichor.client.attestation import (
    PCRS,
    Answer,
    Challenge,
    Pin,
    Reason,
    Rejected,
    _check_programs,
    verify,
)
from ichor.formats import measured, tcg_log
from ichor.formats.measured import Extended
from ichor.protocols.tpm2.attest import Evidence
from ichor.protocols.tpm2.refusal import Refused

interop = pytest.mark.interop


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with booted(tmp_path / "tpm") as made:
        yield made


def refused(
    answer: Answer, asked: Challenge, pin: Pin | None = None, *, with_release: bool = True
) -> tuple[Reason, str]:
    with pytest.raises(Rejected) as caught:
        verify(answer, asked, pin, release() if with_release else None)
    return caught.value.reason, str(caught.value)


@interop
def test_a_machine_as_it_should_be_is_told_by_its_release(machine: Machine) -> None:
    asked = challenge()
    verdict = verify(machine.asked(asked), asked, None, release())
    assert (verdict.phase, verdict.version, verdict.root) == ("ichor:run", "1.0", ROOT.hex())
    assert verdict.secure_boot is True
    again = challenge()
    assert verify(machine.asked(again), again, verdict.pin, release()).pin.key == verdict.pin.key


@interop
def test_an_answer_to_another_question_is_refused(machine: Machine) -> None:
    before = machine.asked(challenge())
    reason, text = refused(before, challenge())
    assert (reason, "another nonce" in text) == (Reason.NONCE, True)


@interop
def test_a_late_answer_is_refused(machine: Machine) -> None:
    asked = challenge()
    reason, text = refused(machine.asked(asked, seconds=121.0), asked)
    assert (reason, "121 s, 120 at most" in text) == (Reason.STALE, True)


@interop
def test_a_tpm_whose_past_came_back_is_refused(machine: Machine) -> None:
    asked = challenge()
    pin = verify(machine.asked(asked), asked, None, None).pin
    later = msgspec.structs.replace(pin, resets=pin.resets + 1, clock=0)
    reason, text = refused(machine.asked(asked), asked, later)
    assert (reason, f"at reset {pin.resets + 1}" in text) == (Reason.STALE, True)


@interop
def test_another_tpm_is_refused_and_the_same_one_is_known_after_its_power_was_cut(
    machine: Machine, tmp_path: Path
) -> None:
    asked = challenge()
    pin = verify(machine.asked(asked), asked, None, release()).pin
    with booted(tmp_path / "other") as other:
        reason, text = refused(other.asked(asked), asked, pin)
        assert (reason, "another TPM" in text) == (Reason.KEY, True)
    for _ in range(2):
        with booted(tmp_path / "third") as third:
            now = verify(third.asked(asked), asked, None, release()).pin
            pin = verify(third.asked(asked), asked, now, release()).pin
            assert pin.key == now.key


@interop
def test_a_pcr_that_changed_is_refused(machine: Machine) -> None:
    machine.extend(11, b"something else")
    asked = challenge()
    reason, text = refused(machine.asked(asked), asked)
    assert (reason, "PCR 11" in text and "no state of release 1.0" in text) == (Reason.PCR, True)
    reason, text = refused(machine.asked(asked), asked, with_release=False)
    assert (reason, "PCR 11" in text) == (Reason.LOG, True)


@interop
def test_values_that_were_not_quoted_are_refused(machine: Machine) -> None:
    asked = challenge()
    answer = machine.asked(asked)
    values = {**answer.evidence.values, 11: bytes.fromhex(release().pcr11["ichor:boot"])}
    changed = answer._replace(evidence=answer.evidence._replace(values=values))
    assert refused(changed, asked)[0] is Reason.PCR
    fewer = Challenge(asked.nonce, (4, 11))
    assert refused(answer, fewer)[0] is Reason.PCR


@interop
def test_a_log_that_was_changed_is_refused(machine: Machine) -> None:
    asked = challenge()
    answer = machine.asked(asked)
    added = answer.events + new(4, tcg_log.BOOT_SERVICES_APPLICATION, b"image")
    reason, text = refused(answer._replace(events=added), asked)
    assert (reason, "PCR 4" in text and "logs make it" in text) == (Reason.LOG, True)
    log = measured.build([Extended(11, "ichor:boot"), Extended(11, "other")])
    assert refused(answer._replace(measured=log), asked)[0] is Reason.LOG


@interop
def test_a_program_that_is_none_of_the_release_is_refused(machine: Machine) -> None:
    machine.fire(4, tcg_log.BOOT_SERVICES_APPLICATION, b"a shell")
    asked = challenge()
    reason, text = refused(machine.asked(asked), asked)
    assert (reason, hashed("a shell") in text) == (Reason.RELEASE, True)


@interop
@pytest.mark.parametrize("kind", [tcg_log.ACTION, tcg_log.SEPARATOR, 0x0D])
def test_a_program_by_another_name_is_refused_too(machine: Machine, kind: int) -> None:
    """What the log says it is nobody measured: its digest was."""
    machine.fire(4, kind, b"a shell")
    asked = challenge()
    reason, text = refused(machine.asked(asked), asked)
    assert (reason, hashed("a shell") in text) == (Reason.RELEASE, True)


SEPARATOR = "\0\0\0\0"


@interop
@pytest.mark.parametrize(
    ("started", "why"),
    [
        ((CALLING, SEPARATOR, "loader", "loader", "image"), ""),
        ((SEPARATOR, "loader", "image"), ""),
        ((CALLING, SEPARATOR, "image", "loader"), "another order"),
        ((CALLING, SEPARATOR, "loader", "image", "image"), "another order"),
        (("loader", "image"), "another order"),
        ((SEPARATOR, "loader", SEPARATOR, "image"), "another order"),
        ((SEPARATOR, "image"), "not started by the release's loader"),
        ((SEPARATOR, "loader"), "the image of release 1.0 was not started"),
        ((SEPARATOR,), "the image of release 1.0 was not started"),
    ],
)
def test_the_loader_starts_the_image(tmp_path: Path, started: tuple[str, ...], why: str) -> None:
    asked = challenge()
    with booted(tmp_path / "tpm", started) as machine:
        if not why:
            verify(machine.asked(asked), asked, None, release())
            return
        reason, text = refused(machine.asked(asked), asked)
        assert (reason, why in text) == (Reason.RELEASE, True)


@interop
@pytest.mark.parametrize("pcr", [12, 13])
def test_an_image_that_was_told_more_is_refused(machine: Machine, pcr: int) -> None:
    """Another command line has the root be another: the stub measures it into PCR 12."""
    machine.fire(pcr, STUB, b"root=another")
    asked = challenge()
    reason, text = refused(machine.asked(asked), asked)
    assert (reason, f"PCR {pcr} is " in text and "told more" in text) == (Reason.PCR, True)
    assert verify(machine.asked(asked), asked, None, None).version == ""


@interop
def test_a_release_needs_the_pcrs_that_tell_it(machine: Machine) -> None:
    for pcrs in ((4, 11), (4, 11, 12), (11, 12, 13)):
        fewer = Challenge(os.urandom(32), pcrs)
        assert refused(machine.asked(fewer), fewer)[0] is Reason.PCR
    asked = Challenge(os.urandom(32), (7,))
    assert refused(machine.asked(asked), asked)[0] is Reason.PCR
    assert verify(machine.asked(asked), asked, None, None).secure_boot is True


@interop
def test_what_says_that_secure_boot_is_on_must_be_what_was_measured(machine: Machine) -> None:
    asked = challenge()
    answer = machine.asked(asked)
    at = answer.events.index("SecureBoot".encode("utf-16-le")) + 20
    changed = answer.events[:at] + b"\0" + answer.events[at + 1 :]
    verdict = verify(answer._replace(events=changed), asked, None, release())
    assert verdict.secure_boot is None


@interop
def test_a_changed_quote_is_refused(machine: Machine) -> None:
    asked = challenge()
    answer = machine.asked(asked)
    statement = answer.evidence.statement
    changed = statement.replace(asked.nonce, bytes(32))
    evidence = answer.evidence._replace(statement=changed)
    assert refused(answer._replace(evidence=evidence), asked)[0] is Reason.SIGNATURE


@interop
def test_a_key_that_would_sign_anything_is_refused(machine: Machine) -> None:
    asked = challenge()
    answer = machine.asked(asked)
    key = bytearray(answer.evidence.key)
    key[5] &= ~1  # restricted
    evidence = answer.evidence._replace(key=bytes(key))
    reason, text = refused(answer._replace(evidence=evidence), asked)
    assert (reason, "signs only what its TPM says" in text) == (Reason.KEY, True)


@interop
def test_a_credential_comes_back_from_the_tpm_that_has_both_keys(
    machine: Machine, tmp_path: Path
) -> None:
    secret = os.urandom(credential.SIZE)
    found = machine.asked(challenge()).evidence
    made = credential.make(found.endorsement, found.key, secret, os.urandom)
    assert machine.tpm.activate(made) == secret
    with booted(tmp_path / "other") as other:
        with pytest.raises(Refused, match="ACTIVATE_CREDENTIAL"):
            other.tpm.activate(made)
        # The other's own endorsement key, but not its attestation key.
        theirs = other.asked(challenge()).evidence
        made = credential.make(theirs.endorsement, found.key, secret, os.urandom)
        with pytest.raises(Refused, match="ACTIVATE_CREDENTIAL"):
            other.tpm.activate(made)


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_whatever_comes_is_refused(statement: bytes, signature: bytes, key: bytes) -> None:
    evidence = Evidence(statement, signature, key, b"", b"", {})
    answer = Answer(evidence, b"", b"", 0.0)
    with pytest.raises(Rejected):
        verify(answer, Challenge(b"", PCRS), None, None)


def test_real_firmware_starts_loader_and_image_as_is_expected() -> None:
    """OVMF with Secure Boot, systemd-boot and the stub: the log that was recorded."""
    path = Path(__file__).parent.parent / "formats" / "event_log.json"
    events = tcg_log.parse(b64decode(msgspec.json.decode(path.read_bytes())["log"]))
    kind = tcg_log.BOOT_SERVICES_APPLICATION
    loader, image = (one.digest.hex() for one in events if (one.pcr, one.type) == (4, kind))
    wanted = msgspec.structs.replace(release(), loader=loader, image=image)
    _check_programs(events, wanted)
    with pytest.raises(Rejected, match="another order"):
        _check_programs(events, msgspec.structs.replace(wanted, loader=image, image=loader))
    assert set(tcg_log.replay(events)).isdisjoint({12, 13})
