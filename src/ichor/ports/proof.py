"""What a machine can show of what it runs from."""

from collections.abc import Generator
from typing import Protocol

from msgspec import Struct


class Proof(Struct, frozen=True, kw_only=True):
    """image: SHA-256 by Authenticode of what firmware started.

    signer: empty without Secure Boot.
    """

    version: str
    entry: str
    image: bytes
    root: bytes
    salt: bytes
    blocks: int
    signer: str


class Prover(Protocol):
    def prove(self) -> Generator[str | Proof, None, None]:
        """Say how far it is, then the proof. Blocks.

        Raises FormatError for what is not what it should be, Conflict where nothing can be shown,
        InputError where firmware would refuse it now, OSError.
        """
        ...
