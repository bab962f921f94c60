"""Policies, computed as a TPM does (Library, part 3, 23): digests that say what must be so.

A policy begins as zeros; each assertion makes a digest of what was before and of itself.
"""

from collections.abc import Mapping
from typing import Final

from ichor.protocols.tpm2 import wire
from ichor.protocols.tpm2.command import Code

EMPTY: Final = bytes(wire.DIGEST)


def pcr(before: bytes, values: Mapping[int, bytes]) -> bytes:
    """Give the policy: before, and that these PCRs have these values."""
    chosen = wire.selection(values)
    return wire.digest(before, wire.u32(Code.POLICY_PCR), chosen, wire.pcr_digest(values))


def authorize(key: bytes) -> bytes:
    """Give the policy: whatever policy the key has signed. key: its name.

    What was before is forgotten: it is what had to be signed.
    """
    return wire.digest(wire.digest(EMPTY, wire.u32(Code.POLICY_AUTHORIZE), key))


def approved(policy: bytes) -> bytes:
    """Give what is signed of a policy that `authorize` is to accept (without a reference)."""
    return wire.digest(policy)
