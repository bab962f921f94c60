"""What machined asks the signer, and what it hears: JSON over the signer's stdin and stdout.

Only the signer imports `cryptography`; this module is what both sides share.

| question | answer |
|---|---|
| SignLeaf: draw a key and certify it; by itself if there is no CA | certificate and key |
| DrawRequest: draw a key and write a CSR for it | CSR and key |
| SignRequest: certify the CSR of another node, as a server and nothing else | certificate |
| CheckImage: would firmware start this image? | who vouches for it |
| CheckSignatures: is one of these texts signed by this key? | the key's kind |
| Several: what is due at once; `cryptography` takes longer to import than keys to draw | one each |
"""

from datetime import timedelta

import msgspec
from msgspec import Struct


class SignLeaf(Struct, frozen=True, kw_only=True, tag="leaf"):
    """algorithm: of the key, as pki.issue.Algorithm. ca_cert, ca_key: PEM, empty for none."""

    algorithm: str
    common_name: str
    organizations: tuple[str, ...] = ()
    sans: tuple[str, ...] = ()
    usages: tuple[str, ...] = ()
    lifetime: timedelta
    ca_cert: str = ""
    ca_key: str = ""

    def __repr__(self) -> str:
        return f"SignLeaf({self.common_name!r})"


class DrawRequest(Struct, frozen=True, kw_only=True, tag="request"):
    algorithm: str
    common_name: str
    sans: tuple[str, ...] = ()


class SignRequest(Struct, frozen=True, kw_only=True, tag="sign"):
    csr: str
    lifetime: timedelta
    ca_cert: str
    ca_key: str

    def __repr__(self) -> str:
        return "SignRequest(...)"


class Trust(Struct, frozen=True, kw_only=True):
    """What firmware's db or dbx holds.

    digests: of images; certificates: DER; of_certificates: digests of what is signed in them.
    """

    digests: frozenset[bytes] = frozenset()
    certificates: frozenset[bytes] = frozenset()
    of_certificates: frozenset[bytes] = frozenset()


class CheckImage(Struct, frozen=True, kw_only=True, tag="image"):
    """digest: of the image, SHA-256 by Authenticode. signatures: PKCS #7, DER."""

    digest: bytes
    signatures: tuple[bytes, ...]
    db: Trust
    dbx: Trust


class Signed(Struct, frozen=True, kw_only=True):
    """A text, and what is said to be a signature over it."""

    data: bytes
    signature: bytes


class CheckSignatures(Struct, frozen=True, kw_only=True, tag="signatures"):
    """key: PEM, a certificate whose key is meant, or the public key itself."""

    key: str
    signed: tuple[Signed, ...]


class Several(Struct, frozen=True, kw_only=True, tag="several"):
    questions: tuple[SignLeaf, ...]


Question = SignLeaf | DrawRequest | SignRequest | CheckImage | CheckSignatures | Several


class Answer(Struct, frozen=True, kw_only=True):
    """text: the certificate or the CSR, PEM; or who vouches. error: why there is none.

    answers: of Several.
    """

    text: str = ""
    key: str = ""
    error: str = ""
    answers: tuple["Answer", ...] = ()

    def __repr__(self) -> str:
        return f"Answer(error={self.error!r})"


def encode(message: Question | Answer) -> bytes:
    return msgspec.json.encode(message)


def read_question(data: bytes) -> Question:
    question: Question = msgspec.json.decode(data, type=Question)
    return question


def read_answer(data: bytes) -> Answer:
    return msgspec.json.decode(data, type=Answer)
