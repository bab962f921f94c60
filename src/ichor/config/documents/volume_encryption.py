"""How a volume is encrypted: LUKS2, with keys in slots, each of which opens it."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Final, Literal

from msgspec import field

from ichor.config.document import Fault, Part
from ichor.config.field import FILLED, Range
from ichor.config.secret import Secret

CIPHERS: Final = ("aes-xts-plain64",)
# In the format, and not in our kernel.
_ADIANTUM: Final = ("xchacha12,aes-adiantum-plain64", "xchacha20,aes-adiantum-plain64")
KEY_BITS: Final = (256, 512)  # of XTS: two keys of AES-128, or of AES-256
SECTORS: Final = (512, 1024, 2048, 4096)
SIGNED_PCR: Final = 11
PCRS: Final = (7,)  # where nothing is said: what Secure Boot was begun with
SLOTS: Final = 32  # LUKS2 on-disk format, 3.2: keyslots 0 to 31

Option = Literal["no_read_workqueue", "no_write_workqueue", "same_cpu_crypt"]


class StaticKey(Part, frozen=True, kw_only=True):
    passphrase: Annotated[Secret, FILLED]


class NodeIDKey(Part, frozen=True, kw_only=True):
    """Made of what the machine's firmware says it is."""


class TPMOptions(Part, frozen=True, kw_only=True):
    """pcrs: whose values must be what they are now.

    PCR 11 is in a signed state anyway, and PCRs 12 and 13 are what they were.
    """

    pcrs: tuple[Annotated[int, Range(0, 23)], ...] | None = None

    def faults(self) -> Iterator[Fault]:
        if SIGNED_PCR in (self.pcrs or ()):
            hint = "its states are signed, so that an upgrade opens the volume"
            yield Fault("pcrs", f"expected others than {SIGNED_PCR}", hint)


class TPMKey(Part, frozen=True, kw_only=True):
    """Drawn, and given back by the TPM of this machine to what runs there now, or was signed."""

    options: TPMOptions | None = None
    check_secureboot_status_on_enroll: bool = False


class VolumeKey(Part, frozen=True, kw_only=True):
    """lock_to_state: it opens nothing without the STATE that it was made with."""

    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset({"kms"})
    slot: Annotated[int, Range(0, SLOTS - 1)]
    static: StaticKey | None = None
    node_id: NodeIDKey | None = field(default=None, name="nodeID")
    tpm: TPMKey | None = None
    lock_to_state: bool = False

    def faults(self) -> Iterator[Fault]:
        if sum(one is not None for one in (self.static, self.node_id, self.tpm)) != 1:
            yield Fault("", "expected one of static, nodeID and tpm")


class VolumeEncryption(Part, frozen=True, kw_only=True):
    """key_size: in bits. block_size: of a sector, in bytes. Both have a default."""

    provider: Literal["luks2"]
    keys: tuple[VolumeKey, ...]
    cipher: str | None = None
    key_size: Annotated[int, Range(KEY_BITS[0], KEY_BITS[-1])] | None = None
    block_size: Annotated[int, Range(SECTORS[0], SECTORS[-1])] | None = None
    options: tuple[Option, ...] = ()
    allow_discards: bool = False

    def faults(self) -> Iterator[Fault]:
        slots = [key.slot for key in self.keys]
        if not slots:
            yield Fault("keys", "expected at least one key")
        if len(set(slots)) < len(slots):
            yield Fault("keys", "expected a slot of its own for each key")
        if self.cipher in _ADIANTUM:
            yield Fault("cipher", f"{self.cipher} is known, not supported yet", f"use {CIPHERS[0]}")
        elif self.cipher not in (None, *CIPHERS):
            yield Fault("cipher", f"expected {CIPHERS[0]}")
        yield from _one_of("keySize", self.key_size, KEY_BITS)
        yield from _one_of("blockSize", self.block_size, SECTORS)


def _one_of(name: str, value: int | None, allowed: tuple[int, ...]) -> Iterator[Fault]:
    if value is not None and value not in allowed:
        yield Fault(name, f"expected one of {', '.join(map(str, allowed))}")
