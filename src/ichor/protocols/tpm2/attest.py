"""What a TPM attests: a key of its own, its endorsement, and a quote (Library, part 2, 10.12).

TPMS_ATTEST: u32 magic, u16 kind, sized signer, sized nonce, u64 clock, u32 resets, u32 restarts,
u8 safe, u64 firmware, PCRs, sized digest of their values.

Both keys are of the endorsement hierarchy, so that they stay as long as the TPM, and resets are
told as they are (part 1, 36.7).
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from ichor.errors import FormatError, TransientError
from ichor.protocols.tpm2 import objects, public, session, wire
from ichor.protocols.tpm2.command import Exchange
from ichor.protocols.tpm2.objects import Credential
from ichor.protocols.tpm2.refusal import Refused
from ichor.protocols.tpm2.session import Entropy
from ichor.protocols.tpm2.wire import Reader

# TCG EK Credential Profile, 2.2.1.4: the certificate of an ECC key
CERTIFICATE: Final = 0x01C0000A
_MAGIC, _QUOTE = 0xFF544347, 0x8018
_TRIES: Final = 5


class Evidence(NamedTuple):
    """What is sent to who verifies. Keys are public areas; certificate: DER, or nothing."""

    statement: bytes
    signature: bytes
    key: bytes
    endorsement: bytes
    certificate: bytes
    values: Mapping[int, bytes]


class Quote(NamedTuple):
    """A statement, read. clock: ms; resets: how often the TPM was started up anew."""

    nonce: bytes
    clock: int
    resets: int
    restarts: int
    pcrs: tuple[int, ...]
    digest: bytes


def quote(nonce: bytes, pcrs: Collection[int]) -> Exchange[Evidence]:
    """Raises Refused, FormatError; TransientError where PCRs change all the time."""
    certificate = yield from _certificate()
    endorsement = yield from objects.create_primary(wire.ENDORSEMENT, public.ENDORSEMENT)
    key = yield from objects.create_primary(wire.ENDORSEMENT, public.ATTESTATION)
    for _ in range(_TRIES):
        values = yield from objects.pcr_read(pcrs)
        said = yield from objects.quote(key, nonce, pcrs)
        if parse(said.statement).digest == wire.pcr_digest(values):
            areas = key.area, endorsement.area
            return Evidence(said.statement, said.signature, *areas, certificate, values)
    raise TransientError("PCRs change while they are read")


def _certificate() -> Exchange[bytes]:
    """Give the certificate that the maker of the TPM has left in it, if any."""
    try:
        return (yield from objects.nv_read(CERTIFICATE))
    except Refused:
        return b""


def activate(credential: Credential, entropy: Entropy) -> Exchange[bytes]:
    """Give what a credential holds that was made for both of our keys. Raises Refused."""
    holder = yield from objects.create_primary(wire.ENDORSEMENT, public.ENDORSEMENT)
    key = yield from objects.create_primary(wire.ENDORSEMENT, public.ATTESTATION)
    policy = yield from session.start(session.POLICY, holder.entity, holder.area, entropy)
    yield from objects.policy_secret(policy.entity, wire.ENDORSEMENT)
    return (yield from objects.activate(key, holder, credential, policy))


def parse(statement: bytes) -> Quote:
    """Raises FormatError."""
    reader = Reader(statement)
    if (reader.u32(), reader.u16()) != (_MAGIC, _QUOTE):
        raise FormatError("a quote that a TPM has made")
    reader.sized()
    nonce, clock, resets, restarts = reader.sized(), reader.u64(), reader.u32(), reader.u32()
    reader.u8()
    reader.u64()
    pcrs, digest = tuple(reader.selection()), reader.sized()
    reader.end()
    return Quote(nonce, clock, resets, restarts, pcrs, digest)


def signature_of(signature: bytes) -> tuple[int, int]:
    """Give r and s of a TPMT_SIGNATURE by ECDSA with SHA-256. Raises FormatError."""
    reader = Reader(signature)
    if (reader.u16(), reader.u16()) != (wire.ECDSA, wire.SHA256):
        raise FormatError("a signature by ECDSA with SHA-256")
    r, s = reader.sized(), reader.sized()
    reader.end()
    return int.from_bytes(r, "big"), int.from_bytes(s, "big")
