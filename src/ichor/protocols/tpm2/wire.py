"""What all of TPM 2.0 is made of: numbers, sized buffers, lists of PCRs (Library, part 2).

Integers are big-endian. A sized buffer (TPM2B) is u16 size, bytes. Digests here are SHA-256: that
is the bank that is read, quoted and sealed to; every TPM of the PC Client profile has it.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from ichor.errors import FormatError

# part 2, 6.3: TPM_ALG_ID
RSA, HMAC, AES, KEYEDHASH, XOR, SHA256, NULL = 0x01, 0x05, 0x06, 0x08, 0x0A, 0x0B, 0x10
RSASSA, ECDSA, ECC, CFB = 0x14, 0x18, 0x23, 0x43
P256: Final = 0x0003
# part 2, 7.4: TPM_RH
OWNER, NO_HANDLE, PASSWORD, ENDORSEMENT = 0x40000001, 0x40000007, 0x40000009, 0x4000000B
DIGEST: Final = 32
PCRS: Final = 24
_SELECT: Final = 3  # bytes of a bit map of PCRs
_MOST_BUFFER: Final = 0xFFFF


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def sized(content: bytes) -> bytes:
    """Give a TPM2B. Raises FormatError where it is longer than one can be."""
    if len(content) > _MOST_BUFFER:
        raise FormatError(f"at most {_MOST_BUFFER} bytes, not {len(content)}")
    return u16(len(content)) + content


def digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def selection(pcrs: Collection[int]) -> bytes:
    """Give TPML_PCR_SELECTION of the SHA-256 bank. Raises FormatError."""
    if not pcrs:
        return u32(0)
    if not all(0 <= number < PCRS for number in pcrs):
        raise FormatError(f"PCRs from 0 to {PCRS - 1}")
    bits = sum(1 << number for number in set(pcrs))
    return u32(1) + u16(SHA256) + bytes([_SELECT]) + bits.to_bytes(_SELECT, "little")


def pcr_digest(values: Mapping[int, bytes]) -> bytes:
    """Give what PolicyPCR and Quote make of several PCRs: the digest of all, lowest first."""
    return digest(*(values[number] for number in sorted(values)))


class Reader:
    """Reads a structure from its beginning; every method raises FormatError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise FormatError(f"{size} more bytes", offset=self._at)
        self._at += size
        return found

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "big")

    def sized(self) -> bytes:
        return self.take(self.u16())

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        if self._at != len(self._data):
            raise FormatError("the end", offset=self._at)

    def selection(self) -> Sequence[int]:
        """Give the PCRs of one bank, SHA-256, in order; none where the TPM has no such bank."""
        chosen: list[int] = []
        for _ in range(self._count(16)):
            bank, bits = self.u16(), int.from_bytes(self.take(self.u8()), "little")
            if bits and bank != SHA256:
                raise FormatError("PCRs of the SHA-256 bank", offset=self._at)
            chosen += [number for number in range(bits.bit_length()) if bits >> number & 1]
        return chosen

    def digests(self) -> Sequence[bytes]:
        return [self.sized() for _ in range(self._count(8))]

    def _count(self, most: int) -> int:
        count = self.u32()
        if count > most:
            raise FormatError(f"at most {most} entries, not {count}", offset=self._at - 4)
        return count
