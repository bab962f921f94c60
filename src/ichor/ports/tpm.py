"""The TPM of a machine: secrets it gives back to this machine as it is, and proofs of what runs.

Every method blocks while the TPM works, some tens of milliseconds (a slow one: a second or two),
and raises NotFound where there is no TPM, `protocols.tpm2.refusal.Refused` with the response code's
name where it says no, FormatError where its answer is none, OSError.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from msgspec import Struct

from ichor.protocols.tpm2.attest import Evidence
from ichor.protocols.tpm2.objects import Credential


class SealPolicy(Struct, frozen=True, kw_only=True):
    """What must be so for a secret to be given back; all of it.

    pcrs: these have the values that they have when it is sealed. signed: PCR 11 is in a state that
    was signed by the key that signed the running image's, so that an upgrade opens it, too; PCRs 12
    and 13, which tell what the image was started with besides, then count by value always.
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

    def holds(self, blob: bytes, policy: SealPolicy) -> bool:
        """Tell whether sealing it now by this policy would bind it to the same.

        So it does in any state of PCR 11, also where that gives nothing back any more. Raises
        InputError as `seal` does.
        """
        ...

    def unseal(self, blob: bytes) -> bytes:
        """Give the secret.

        Raises Conflict where another TPM sealed it, or PCR 11 is in no state that its signer has
        signed; Refused (RC_POLICY_FAIL) where another PCR has changed.
        """
        ...


class Account(Struct, frozen=True, kw_only=True):
    """What a machine says of itself. evidence: what its TPM does; the rest proves nothing.

    events: the firmware's log. measured: PID 1's. root: the hash of the verified root.
    entry: the boot entry that was started.
    """

    evidence: Evidence
    events: bytes
    measured: bytes
    root: bytes
    entry: str


class Attesting(Protocol):
    def account(self, nonce: bytes, pcrs: Collection[int]) -> Account:
        """Give a quote of these PCRs over a nonce of 32 bytes at most, and what explains it.

        Raises TransientError where PCRs change all the time.
        """
        ...

    def activate(self, credential: Credential) -> bytes:
        """Give what a credential holds that was made for the keys of this TPM."""
        ...


class Tpm(Sealing, Protocol):
    def read(self, pcrs: Collection[int]) -> Mapping[int, bytes]:
        """Give values of the SHA-256 bank."""
        ...
