"""Single commands of TPM 2.0 (Library, part 3), each with its arguments and what it gives."""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.protocols.tpm2 import public, wire
from ichor.protocols.tpm2.command import (
    Authorization,
    Call,
    Code,
    Entity,
    Exchange,
    Password,
    call,
    of_tpm,
)
from ichor.protocols.tpm2.wire import sized, u16, u32

_PCRS_AT_ONCE: Final = 8
_NV_AT_ONCE: Final = 512


class Key(NamedTuple):
    """A loaded object. area: its public area."""

    entity: Entity
    area: bytes


class Made(NamedTuple):
    """A child of a key, as its TPM keeps it outside of itself."""

    private: bytes
    area: bytes


def random(size: int) -> Exchange[bytes]:
    """Give random bytes, as many as the TPM gives at once."""
    _, body = yield from call(Call(Code.GET_RANDOM, parameters=u16(size)))
    return body.sized()


def pcr_read(pcrs: Collection[int]) -> Exchange[Mapping[int, bytes]]:
    """Give the values of the SHA-256 bank. Raises FormatError where there is none."""
    left, values = sorted(set(pcrs)), dict[int, bytes]()
    while left:
        wanted = wire.selection(left[:_PCRS_AT_ONCE])
        _, body = yield from call(Call(Code.PCR_READ, parameters=wanted))
        body.u32()  # how often PCRs have changed
        found = dict(zip(body.selection(), body.digests(), strict=True))
        if not found or not set(found) <= set(left):
            raise FormatError("values of the SHA-256 bank: the TPM has none")
        values |= found
        left = [number for number in left if number not in found]
    return values


def pcr_event(pcr: int, data: bytes) -> Exchange[None]:
    """Extend a PCR, in every bank that there is, by the digest of data (1 KiB at most)."""
    yield from call(Call(Code.PCR_EVENT, (of_tpm(pcr),), sized(data), (Password(),)))


def create_primary(hierarchy: int, template: bytes) -> Exchange[Key]:
    parameters = sized(sized(b"") * 2) + sized(template) + sized(b"") + wire.selection(())
    wanted = Call(Code.CREATE_PRIMARY, (of_tpm(hierarchy),), parameters, (Password(),), gives=True)
    handle, body = yield from call(wanted)
    area = body.sized()
    return Key(Entity(handle, public.name_of(area)), area)


def create(parent: Key, template: bytes, secret: bytes, session: Authorization) -> Exchange[Made]:
    """Have a secret of ours kept by a key."""
    sensitive = sized(b"") + sized(secret)
    parameters = sized(sensitive) + sized(template) + sized(b"") + wire.selection(())
    wanted = Call(Code.CREATE, (parent.entity,), parameters, (session,), secret_in=True)
    _, body = yield from call(wanted)
    return Made(body.sized(), body.sized())


def load(parent: Key, made: Made) -> Exchange[Key]:
    parameters = sized(made.private) + sized(made.area)
    wanted = Call(Code.LOAD, (parent.entity,), parameters, (Password(),), gives=True)
    handle, _ = yield from call(wanted)
    return Key(Entity(handle, public.name_of(made.area)), made.area)


def load_external(area: bytes) -> Exchange[Key]:
    """Load a public key from elsewhere; what it verifies the owner's tickets tell."""
    parameters = sized(b"") + sized(area) + u32(wire.OWNER)
    handle, _ = yield from call(Call(Code.LOAD_EXTERNAL, (), parameters, gives=True))
    return Key(Entity(handle, public.name_of(area)), area)


def unseal(sealed: Key, session: Authorization) -> Exchange[bytes]:
    wanted = Call(Code.UNSEAL, (sealed.entity,), b"", (session,), secret_out=True)
    _, body = yield from call(wanted)
    return body.sized()


def policy_pcr(session: Entity, pcrs: Collection[int]) -> Exchange[None]:
    """Assert that these PCRs are as they are."""
    parameters = sized(b"") + wire.selection(pcrs)
    yield from call(Call(Code.POLICY_PCR, (session,), parameters))


def verify(key: Key, digest: bytes, signature: bytes) -> Exchange[bytes]:
    """Give the ticket that says that a signature of RSA (PKCS #1, SHA-256) is the key's."""
    parameters = sized(digest) + u16(wire.RSASSA) + u16(wire.SHA256) + sized(signature)
    _, body = yield from call(Call(Code.VERIFY_SIGNATURE, (key.entity,), parameters))
    return body.rest()


def policy_authorize(session: Entity, approved: bytes, key: Key, ticket: bytes) -> Exchange[None]:
    """Exchange the policy so far for that of the key that has signed it."""
    parameters = sized(approved) + sized(b"") + sized(key.entity.name) + ticket
    yield from call(Call(Code.POLICY_AUTHORIZE, (session,), parameters))


def policy_secret(session: Entity, hierarchy: int) -> Exchange[None]:
    """Assert that we may use a hierarchy, whose password is empty."""
    parameters = sized(b"") * 3 + u32(0)
    entities = of_tpm(hierarchy), session
    yield from call(Call(Code.POLICY_SECRET, entities, parameters, (Password(),)))


class Quoted(NamedTuple):
    """statement: TPMS_ATTEST. signature: TPMT_SIGNATURE over it."""

    statement: bytes
    signature: bytes


def quote(key: Key, nonce: bytes, pcrs: Collection[int]) -> Exchange[Quoted]:
    parameters = sized(nonce) + u16(wire.NULL) + wire.selection(pcrs)
    _, body = yield from call(Call(Code.QUOTE, (key.entity,), parameters, (Password(),)))
    return Quoted(body.sized(), body.rest())


def activate(
    key: Key, holder: Key, credential: "Credential", policy: Authorization
) -> Exchange[bytes]:
    """Give the secret that only a TPM that has both the key and the holder can read."""
    entities = key.entity, holder.entity
    parameters = sized(credential.identity) + sized(credential.secret)
    wanted = Call(Code.ACTIVATE_CREDENTIAL, entities, parameters, (Password(), policy))
    _, body = yield from call(wanted)
    return body.sized()


class Credential(NamedTuple):
    """identity: TPMS_ID_OBJECT. secret: TPM2B_ENCRYPTED_SECRET's content."""

    identity: bytes
    secret: bytes


def nv_read(index: int) -> Exchange[bytes]:
    """Give what an index holds that the owner may read. Raises Refused."""
    _, body = yield from call(Call(Code.NV_READ_PUBLIC, (of_tpm(index),)))
    area, name = body.sized(), body.sized()
    size, content = int.from_bytes(area[-2:], "big"), b""
    while len(content) < size:
        some = min(size - len(content), _NV_AT_ONCE)
        entities = of_tpm(wire.OWNER), Entity(index, name)
        parameters = u16(some) + u16(len(content))
        _, body = yield from call(Call(Code.NV_READ, entities, parameters, (Password(),)))
        content += body.sized()
    return content
