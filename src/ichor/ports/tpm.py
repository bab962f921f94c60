"""The TPM of a machine: secrets it gives back to this machine as it is, and proofs of what runs.

Every method blocks while the TPM works, some tens of milliseconds (a slow one: a second or two),
and raises NotFound where there is no TPM, `protocols.tpm2.refusal.Refused` with the response code's
name where it says no, FormatError where its answer is none, OSError.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from msgspec import Struct


class SealPolicy(Struct, frozen=True, kw_only=True):
    """What must be so for a secret to be given back; all of it.

    pcrs: these have the values that they have when it is sealed. signed: PCR 11 is in a state that
    was signed by the key that signed the running image's, so that an upgrade opens it, too.
    """

    pcrs: tuple[int, ...] = (7,)
    signed: bool = True


class Sealing(Protocol):
    def seal(self, secret: bytes, policy: SealPolicy) -> bytes:
        """Give a blob that is no secret. secret: 1 to 128 bytes.

        Raises InputError where the policy asks for a signed state and the image has none, or asks
        for nothing.
        """
        ...

    def unseal(self, blob: bytes) -> bytes:
        """Give the secret.

        Raises Conflict where another TPM sealed it, or PCR 11 is in no state that its signer has
        signed; Refused (RC_POLICY_FAIL) where another PCR has changed.
        """
        ...


class Tpm(Sealing, Protocol):
    def read(self, pcrs: Collection[int]) -> Mapping[int, bytes]:
        """Give values of the SHA-256 bank."""
        ...
