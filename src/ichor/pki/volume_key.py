"""What opens the slots of an encrypted volume, where it is made of something else than a word.

    of the machine     HMAC-SHA256(key: its UUID, "ichor volume key" NUL label)
    locked to STATE    HMAC-SHA256(key: a salt that lies on STATE, what opens the slot otherwise)

A UUID of firmware is as good as its maker's dice: one that repeats itself is refused.
"""

import hashlib
import hmac
import math
import uuid
from collections import Counter
from typing import Final

from ichor.errors import InputError

SALT: Final = 32  # bytes: facts/constants.tsv, DiskEncryptionSaltSize
_PURPOSE: Final = b"ichor volume key\0"
# Bits per hexadecimal digit, by how often each occurs. Of 300 000 random ones the least had 2.77;
# 03000200-0400-0500-0006-000700080009, which a maker of boards gave to all of them, has 1.56, and
# one that is a MAC address behind zeros 1.99.
_LEAST: Final = 2.3


def of_machine(identity: str, label: str) -> bytes:
    """Give 32 bytes for a machine and a volume. Raises InputError for a UUID that is none."""
    try:
        parsed = uuid.UUID(identity)
    except ValueError:
        raise InputError(f"expected a UUID of this machine, not {identity!r}") from None
    if variety(parsed) < _LEAST:
        message = f"the UUID of this machine, {parsed}, is not its own"
        raise InputError(message, hint="use another kind of key")
    return hmac.digest(parsed.bytes, _PURPOSE + label.encode(), hashlib.sha256)


def locked(key: bytes, salt: bytes) -> bytes:
    return hmac.digest(salt, key, hashlib.sha256)


def variety(identity: uuid.UUID) -> float:
    """Give Shannon's entropy of its digits, in bits per digit: at most 4."""
    digits = identity.hex
    counts = Counter(digits).values()
    return -sum(count / len(digits) * math.log2(count / len(digits)) for count in counts)
