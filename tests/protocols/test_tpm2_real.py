"""Sealing, policies and quotes by a real TPM: swtpm."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.protocols.swtpm import Swtpm, started

from ichor.errors import Conflict, FormatError, InputError
from ichor.formats import pcrsig
from ichor.formats.pcrsig import SignedStates
from ichor.linux.tpm import SIGNED_PCR, KernelTpm, run
from ichor.ports.tpm import SealPolicy
from ichor.protocols.tpm2 import attest, objects, policy, sealing, wire
from ichor.protocols.tpm2.refusal import Refused
from ichor.protocols.tpm2.wire import sized, u16, u32

pytestmark = pytest.mark.interop
SECRET = b"the key of a disk, 32 bytes long"
DIFFERENT = b"\xff" * 32


class Signer:
    """Who signs states of PCR 11."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        public = self._key.public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        self.pem = public.public_bytes(serialization.Encoding.PEM, form).decode()
        self.der = public.public_bytes(serialization.Encoding.DER, form)

    def states(self, *values: bytes) -> SignedStates:
        return SignedStates(self.pem, tuple(map(self._entry, values)))

    def _entry(self, value: bytes) -> pcrsig.Signature:
        state = policy.pcr(policy.EMPTY, {SIGNED_PCR: value})
        signature = self._key.sign(state, padding.PKCS1v15(), hashes.SHA256())
        return pcrsig.entry(SIGNED_PCR, self.der, state, signature)


OURS, FOREIGN = Signer(), Signer()


class Machine:
    """A machine with a TPM; states: what its image came with."""

    def __init__(self, chip: Swtpm) -> None:
        self.states: SignedStates | None = None
        self.chip = chip
        self.tpm = KernelTpm(lambda: self.states, chip.connect)

    def pcr(self, number: int) -> bytes:
        return self.tpm.read([number])[number]

    def measure(self, number: int, data: bytes) -> None:
        with self.chip.connect() as transmit:
            run(objects.pcr_event(number, data), transmit)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with started(tmp_path / "tpm") as chip:
        yield Machine(chip)


def test_a_secret_comes_back_while_all_is_as_it_was(machine: Machine) -> None:
    machine.states = OURS.states(machine.pcr(11))
    blob = machine.tpm.seal(SECRET, SealPolicy())
    assert SECRET not in blob
    assert machine.tpm.unseal(blob) == SECRET


def test_a_secret_outlives_the_power_but_not_on_another_tpm(tmp_path: Path) -> None:
    with started(tmp_path / "one") as chip:
        blob = Machine(chip).tpm.seal(SECRET, SealPolicy(signed=False))
    with started(tmp_path / "one") as chip:
        assert Machine(chip).tpm.unseal(blob) == SECRET
    with started(tmp_path / "other") as chip, pytest.raises(Conflict, match="another TPM"):
        Machine(chip).tpm.unseal(blob)


def test_another_image_opens_it_if_the_same_signer_made_it(machine: Machine) -> None:
    before = machine.pcr(11)
    machine.states = OURS.states(before)
    blob = machine.tpm.seal(SECRET, SealPolicy())
    machine.measure(11, b"an upgrade")
    with pytest.raises(Conflict, match="PCR 11 is in no state"):
        machine.tpm.unseal(blob)
    machine.states = FOREIGN.states(machine.pcr(11))
    with pytest.raises(Conflict, match="PCR 11 is in no state"):
        machine.tpm.unseal(blob)
    machine.states = OURS.states(before, machine.pcr(11))
    assert machine.tpm.unseal(blob) == SECRET


def test_another_pcr_must_not_have_changed(machine: Machine) -> None:
    machine.states = OURS.states(machine.pcr(11))
    blob = machine.tpm.seal(SECRET, SealPolicy(pcrs=(7, 4)))
    machine.measure(7, b"another key of Secure Boot")
    with pytest.raises(Refused, match=r"UNSEAL: RC_POLICY_FAIL \(0x99d\)"):
        machine.tpm.unseal(blob)


@pytest.mark.parametrize("pcr", [12, 13])
@pytest.mark.parametrize("pcrs", [(7,), (), (7, 12)])
def test_an_image_that_is_told_more_opens_nothing(
    machine: Machine, pcr: int, pcrs: tuple[int, ...]
) -> None:
    """With Secure Boot off, whoever writes the ESP has the stub start it with another root."""
    machine.states = OURS.states(machine.pcr(11))
    blob = machine.tpm.seal(SECRET, SealPolicy(pcrs=pcrs))
    assert machine.tpm.unseal(blob) == SECRET
    machine.measure(pcr, b"root=another")
    with pytest.raises(Refused, match="UNSEAL: RC_POLICY_FAIL"):
        machine.tpm.unseal(blob)


def test_the_tpm_itself_refuses_a_signature_that_is_none(machine: Machine) -> None:
    """What is checked above is checked again where nobody can leave it out."""
    machine.states = OURS.states(machine.pcr(11))
    blob = machine.tpm.seal(SECRET, SealPolicy())
    machine.measure(11, b"another image")
    forged = FOREIGN.states(machine.pcr(11))
    machine.states = SignedStates(OURS.pem, forged.signatures)
    with pytest.raises(Refused, match="VERIFY_SIGNATURE: RC_SIGNATURE"):
        machine.tpm.unseal(blob)
    # A signer that is not the one it was sealed to: the policy comes out differently.
    parts = sealing.unpack(blob)
    key = FOREIGN.states(machine.pcr(11))
    machine.states = key
    other = sealing.unpack(machine.tpm.seal(SECRET, SealPolicy())).signer
    with pytest.raises(Refused, match="UNSEAL: RC_POLICY_FAIL"):
        machine.tpm.unseal(sealing.pack(parts._replace(signer=other)))


def test_a_changed_blob_opens_nothing(machine: Machine) -> None:
    blob = machine.tpm.seal(SECRET, SealPolicy(signed=False))
    made = sealing.unpack(blob).made
    private = bytes([*made.private[:-1], made.private[-1] ^ 1])
    changed = sealing.unpack(blob)._replace(made=made._replace(private=private))
    with pytest.raises(Refused, match="LOAD: RC_INTEGRITY"):
        machine.tpm.unseal(sealing.pack(changed))
    with pytest.raises(FormatError):
        machine.tpm.unseal(blob[:-1])


def test_a_policy_that_asks_for_nothing_is_refused(machine: Machine) -> None:
    with pytest.raises(InputError, match="neither PCRs nor a signer"):
        machine.tpm.seal(SECRET, SealPolicy(pcrs=(), signed=False))
    with pytest.raises(InputError, match=r"no signed states.*gen secureboot pcr"):
        machine.tpm.seal(SECRET, SealPolicy())
    with pytest.raises(InputError, match="1 to 128 bytes"):
        machine.tpm.seal(bytes(129), SealPolicy(signed=False))


def test_the_longest_secret_fits(machine: Machine) -> None:
    secret = os.urandom(sealing.MOST_SECRET)
    policy_ = SealPolicy(signed=False)
    assert machine.tpm.unseal(machine.tpm.seal(secret, policy_)) == secret


def test_no_secret_is_on_the_wire(machine: Machine) -> None:
    heard: list[bytes] = []
    plain = machine.chip.transmit

    def tapped(command: bytes) -> bytes:
        heard.extend((command, plain(command)))
        return heard[-1]

    machine.chip.transmit = tapped  # type: ignore[method-assign]
    blob = machine.tpm.seal(SECRET, SealPolicy(signed=False))
    assert machine.tpm.unseal(blob) == SECRET
    assert heard
    assert not [one for one in heard if SECRET[:8] in one]


def test_a_response_that_was_changed_on_the_wire_is_noticed(machine: Machine) -> None:
    blob = machine.tpm.seal(SECRET, SealPolicy(signed=False))
    plain = machine.chip.transmit

    def changing(command: bytes) -> bytes:
        response = plain(command)
        if command[6:10] == bytes.fromhex("0000015e"):
            return response[:20] + bytes([response[20] ^ 1]) + response[21:]
        return response

    machine.chip.transmit = changing  # type: ignore[method-assign]
    with pytest.raises(FormatError, match="own proof of its response to UNSEAL"):
        machine.tpm.unseal(blob)


def test_all_pcrs_are_read(machine: Machine) -> None:
    values = machine.tpm.read(range(24))
    assert sorted(values) == list(range(24))
    assert values[0] == bytes(32)
    assert values[17] == DIFFERENT


def test_the_certificate_that_a_maker_left_is_read_whole(machine: Machine) -> None:
    content = os.urandom(1300)  # more than is read at once
    with machine.chip.connect() as transmit:
        transmit(framed(0x12A, [wire.OWNER], sized(b"") + sized(nv_area(len(content)))))
        for at in range(0, len(content), 500):
            part = sized(content[at : at + 500]) + u16(at)
            transmit(framed(0x137, [wire.OWNER, attest.CERTIFICATE], part))
    assert machine.tpm.attest(bytes(32), [7]).certificate == content


def nv_area(size: int) -> bytes:
    """TPMS_NV_PUBLIC: read and written by the owner."""
    attributes = 1 << 1 | 1 << 17 | 1 << 25
    return u32(attest.CERTIFICATE) + u16(wire.SHA256) + u32(attributes) + sized(b"") + u16(size)


def framed(code: int, handles: list[int], parameters: bytes) -> bytes:
    """Give a command that an empty password authorises."""
    area = u32(wire.PASSWORD) + sized(b"") + b"\1" + sized(b"")
    body = b"".join(map(u32, handles)) + u32(len(area)) + area + parameters
    return u16(0x8002) + u32(10 + len(body)) + u32(code) + body
