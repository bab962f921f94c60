"""Secrets that a TPM gives back to the machine as it should be, and to nobody else.

The policy of a sealed secret is, in this order:

    PolicyAuthorize(signer)   some state of PCR 11 that the signer has signed, and that it is in
    PolicyPCR(pcrs)           these PCRs, with the values they have when the secret is sealed

so another image opens it if the same signer made it, and no other. With one part left out, the
other alone counts; with neither nothing is sealed. Blobs name the TPM by its storage key.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ichor.errors import Conflict, FormatError, InputError
from ichor.protocols.tpm2 import objects, policy, public, session, wire
from ichor.protocols.tpm2.command import Entity, Exchange
from ichor.protocols.tpm2.objects import Key, Made
from ichor.protocols.tpm2.public import RsaKey
from ichor.protocols.tpm2.session import Entropy
from ichor.protocols.tpm2.wire import Reader, sized

MOST_SECRET: Final = 128  # MAX_SYM_DATA
_MAGIC: Final = b"ichor-tpm\x01"


class Sealed(NamedTuple):
    """parent: the name of the storage key. signed: the PCRs whose states the signer signs."""

    parent: bytes
    made: Made
    pcrs: tuple[int, ...]
    signer: RsaKey | None
    signed: tuple[int, ...]


def pack(sealed: Sealed) -> bytes:
    signer = sealed.signer
    key = b"" if signer is None else _number(signer.modulus) + _number(signer.exponent)
    pcrs = wire.selection(sealed.pcrs) + wire.selection(sealed.signed)
    return _MAGIC + b"".join(map(sized, (sealed.parent, *sealed.made, key, pcrs)))


def unpack(blob: bytes) -> Sealed:
    """Raises FormatError."""
    reader = Reader(blob)
    if reader.take(len(_MAGIC)) != _MAGIC:
        raise FormatError("a secret that was sealed by us")
    parent, made = reader.sized(), Made(reader.sized(), reader.sized())
    key, pcrs = reader.sized(), Reader(reader.sized())
    reader.end()
    numbers = Reader(key)
    signer = RsaKey(_of(numbers), _of(numbers)) if key else None
    numbers.end()
    chosen = tuple(pcrs.selection()), tuple(pcrs.selection())
    pcrs.end()
    return Sealed(parent, made, chosen[0], signer, chosen[1])


def _number(value: int) -> bytes:
    return sized(value.to_bytes(-(-value.bit_length() // 8), "big"))


def _of(reader: Reader) -> int:
    return int.from_bytes(reader.sized(), "big")


def seal(
    secret: bytes,
    pcrs: Sequence[int],
    signer: RsaKey | None,
    signed: Sequence[int],
    entropy: Entropy,
) -> Exchange[bytes]:
    """Give the blob. Raises InputError, Refused."""
    if not 0 < len(secret) <= MOST_SECRET:
        raise InputError(f"a secret of 1 to {MOST_SECRET} bytes, not {len(secret)}")
    if not pcrs and signer is None:
        raise InputError("neither PCRs nor a signer to seal to")
    values = (yield from objects.pcr_read(pcrs)) if pcrs else {}
    parent = yield from objects.create_primary(wire.OWNER, public.STORAGE)
    channel = yield from session.start(session.HMAC, parent.entity, parent.area, entropy)
    template = public.sealed(_policy(values, signer))
    made = yield from objects.create(parent, template, secret, channel)
    chosen = tuple(signed) if signer else ()
    return pack(Sealed(parent.entity.name, made, tuple(sorted(set(pcrs))), signer, chosen))


def _policy(values: Mapping[int, bytes], signer: RsaKey | None) -> bytes:
    begun = policy.EMPTY
    if signer is not None:
        begun = policy.authorize(public.name_of(public.rsa(signer)))
    return policy.pcr(begun, values) if values else begun


def holds(blob: bytes, pcrs: Sequence[int], signer: RsaKey | None) -> Exchange[bool]:
    """Tell whether sealing it now would bind it to the same; no secret is asked for.

    False also where another TPM sealed it. Raises FormatError.
    """
    sealed = unpack(blob)
    parent = yield from objects.create_primary(wire.OWNER, public.STORAGE)
    values = (yield from objects.pcr_read(pcrs)) if pcrs else {}
    is_same = public.is_sealed_by(sealed.made.area, _policy(values, signer))
    return is_same and parent.entity.name == sealed.parent


def unseal(blob: bytes, signatures: Mapping[bytes, bytes], entropy: Entropy) -> Exchange[bytes]:
    """Give the secret. signatures: by the signer, by the policies they are over.

    Raises FormatError; Conflict where another TPM sealed it, or the machine is in no state that
    the signer has signed; Refused, RC_POLICY_FAIL, where its other PCRs differ.
    """
    sealed = unpack(blob)
    parent = yield from objects.create_primary(wire.OWNER, public.STORAGE)
    if parent.entity.name != sealed.parent:
        raise Conflict("the secret was sealed by another TPM, or before this one was cleared")
    channel = yield from session.start(session.POLICY, parent.entity, parent.area, entropy)
    if sealed.signer is not None:
        yield from _authorize(channel.entity, sealed.signer, sealed.signed, signatures)
    if sealed.pcrs:
        yield from objects.policy_pcr(channel.entity, sealed.pcrs)
    loaded = yield from objects.load(parent, sealed.made)
    return (yield from objects.unseal(loaded, channel))


def _authorize(
    session: Entity, signer: RsaKey, pcrs: Sequence[int], signatures: Mapping[bytes, bytes]
) -> Exchange[None]:
    values = yield from objects.pcr_read(pcrs)
    state = policy.pcr(policy.EMPTY, values)
    if state not in signatures:
        numbers = ", ".join(map(str, pcrs))
        raise Conflict(f"PCR {numbers} is in no state that the signer of the secret has signed")
    key: Key = yield from objects.load_external(public.rsa(signer))
    ticket = yield from objects.verify(key, policy.approved(state), signatures[state])
    yield from objects.policy_pcr(session, pcrs)
    yield from objects.policy_authorize(session, state, key, ticket)
