"""A credential that only one TPM can read, and only for one key (TPM Library, part 1, 24).

Who makes it knows from its coming back that the attestation key is in the TPM whose endorsement
key it is, which its maker may have certified. MakeCredential, away from any TPM.
"""

import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from ichor.protocols.tpm2 import p256, public, session, wire
from ichor.protocols.tpm2.objects import Credential
from ichor.protocols.tpm2.session import Entropy
from ichor.protocols.tpm2.wire import sized

SIZE: Final = 32  # of what it holds
_AES: Final = 16


def make(endorsement: bytes, key: bytes, secret: bytes, entropy: Entropy) -> Credential:
    """Give it. endorsement, key: public areas. Raises FormatError."""
    theirs = public.point_of(endorsement)
    private = p256.scalar(entropy(p256.SIZE + 8))
    ours = p256.multiply(private, p256.BASE)
    agreed = p256.multiply(private, theirs).parts[0]
    seed = session.shared_secret(agreed, b"IDENTITY", ours, theirs)
    name = public.name_of(key)
    cipher = algorithms.AES(session.kdfa(seed, b"STORAGE", name, _AES))
    encryptor = Cipher(cipher, CFB(bytes(_AES))).encryptor()
    inner = encryptor.update(sized(secret)) + encryptor.finalize()
    integrity = session.kdfa(seed, b"INTEGRITY", b"", wire.DIGEST)
    outer = hmac.digest(integrity, inner + name, "sha256")
    return Credential(sized(outer) + inner, b"".join(map(sized, ours.parts)))
