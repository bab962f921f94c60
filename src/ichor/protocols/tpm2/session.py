"""Sessions (TPM Library, part 1, 19 and 21): who taps the wires learns no secret, changes nothing.

A session is salted: its key is agreed on with a key of the TPM by ECDH, so that only who has the
TPM knows it. Each command and response carries an HMAC by it; a secret parameter is encrypted with
a mask made of it (XOR), which is new with each nonce.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from ichor.errors import FormatError
from ichor.protocols.tpm2 import p256, public, wire
from ichor.protocols.tpm2.command import Call, Code, Entity, Exchange, call
from ichor.protocols.tpm2.wire import Reader, sized, u16, u32

HMAC, POLICY = 0, 1  # part 2, 6.11: TPM_SE
Entropy: TypeAlias = Callable[[int], bytes]
_CONTINUE, _DECRYPT, _ENCRYPT = 1, 1 << 5, 1 << 6
_MASK: Final = u16(wire.XOR) + u16(wire.SHA256)


def kdfa(key: bytes, label: bytes, context: bytes, size: int) -> bytes:
    """Part 1, 11.4.10.2: SP 800-108 in counter mode over HMAC. size: in bytes."""
    fixed = label + b"\0" + context + u32(size * 8)
    return b"".join(_blocks(lambda n: hmac.digest(key, u32(n) + fixed, "sha256"), size))[:size]


def kdfe(secret: bytes, label: bytes, context: bytes, size: int) -> bytes:
    """Part 1, 11.4.10.3: SP 800-56A over a hash. size: in bytes."""
    fixed = secret + label + b"\0" + context
    return b"".join(_blocks(lambda n: hashlib.sha256(u32(n) + fixed).digest(), size))[:size]


def _blocks(block: Callable[[int], bytes], size: int) -> Iterator[bytes]:
    return (block(number) for number in range(1, -(-size // wire.DIGEST) + 1))


def shared_secret(x: bytes, label: bytes, ours: p256.Point, theirs: p256.Point) -> bytes:
    """Give what both ends make of the shared point's x (part 1, C.6.1)."""
    return kdfe(x, label, ours.parts[0] + theirs.parts[0], wire.DIGEST)


class Session:
    """One that was begun. key: what both ends have. nonce: the TPM's last."""

    def __init__(self, handle: int, key: bytes, nonce: bytes, entropy: Entropy) -> None:
        self.entity = Entity(handle, u32(handle))
        self._key = key
        self._theirs = nonce
        self._ours = b""
        self._entropy = entropy

    def seal(self, call: Call) -> tuple[bytes, bytes]:
        self._ours = self._entropy(wire.DIGEST)
        parameters = call.parameters
        if call.secret_in:
            parameters = self._masked(parameters, self._ours, self._theirs)
        names = b"".join(entity.name for entity in call.entities)
        hashed = wire.digest(u32(call.code), names, parameters)
        flags = _flags(call)
        proof = self._proof(hashed, self._ours, self._theirs, flags)
        area = u32(self.entity.handle) + sized(self._ours) + bytes([flags]) + sized(proof)
        return area, parameters

    def open(self, call: Call, parameters: bytes, sessions: Reader) -> bytes:
        self._theirs, flags, proof = sessions.sized(), sessions.u8(), sessions.sized()
        hashed = wire.digest(u32(0), u32(call.code), parameters)
        expected = self._proof(hashed, self._theirs, self._ours, flags)
        if flags != _flags(call) or not hmac.compare_digest(proof, expected):
            raise FormatError(f"the TPM's own proof of its response to {call.code.name}")
        if call.secret_out:
            return self._masked(parameters, self._theirs, self._ours)
        return parameters

    def _proof(self, hashed: bytes, newer: bytes, older: bytes, flags: int) -> bytes:
        return hmac.digest(self._key, hashed + newer + older + bytes([flags]), "sha256")

    def _masked(self, parameters: bytes, newer: bytes, older: bytes) -> bytes:
        """Part 1, 21.2: the first parameter, without its size, by XOR with a mask."""
        reader = Reader(parameters)
        text = reader.sized()
        mask = kdfa(self._key, b"XOR", newer + older, len(text))
        return sized(bytes(a ^ b for a, b in zip(text, mask, strict=True))) + reader.rest()


def _flags(call: Call) -> int:
    return _CONTINUE | call.secret_in * _DECRYPT | call.secret_out * _ENCRYPT


def start(kind: int, salted: Entity, area: bytes, entropy: Entropy) -> Exchange[Session]:
    """Begin a session. salted: by which key of the TPM, of this public area."""
    theirs = public.point_of(area)
    private = p256.scalar(entropy(p256.SIZE + 8))
    ours = p256.multiply(private, p256.BASE)
    agreed = p256.multiply(private, theirs).parts[0]
    salt = shared_secret(agreed, b"SECRET", ours, theirs)
    nonce = entropy(wire.DIGEST)
    point = b"".join(map(sized, ours.parts))
    parameters = sized(nonce) + sized(point) + bytes([kind]) + _MASK + u16(wire.SHA256)
    unbound = Entity(wire.NO_HANDLE, b"")
    wanted = Call(Code.START_AUTH_SESSION, (salted, unbound), parameters, gives=True)
    handle, body = yield from call(wanted)
    its = body.sized()
    return Session(handle, kdfa(salt, b"ATH", its + nonce, wire.DIGEST), its, entropy)
