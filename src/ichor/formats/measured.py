"""What PCR 11 goes through on a machine of ours, and the log that PID 1 keeps of its part.

    zeros ─► sections of the image (the stub) ─► ichor:boot ─► ichor:run      (PID 1)

Each phase extends by the SHA-256 of its name. In `ichor:boot` sealed disks are opened: that state
is what images are signed for. `ichor:run` begins when they are open, and nobody opens them again.

The log has a line of JSON for each extension: the number of the PCR, and the text that was hashed.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ichor.errors import FormatError

PCR: Final = 11
BOOT, RUN = "ichor:boot", "ichor:run"
PHASES: Final = (BOOT, RUN)
SIGNED: Final = (BOOT,)
ZERO: Final = bytes(32)
_MOST_LINES: Final = 64


class Extended(Struct, frozen=True):
    pcr: int
    event: str

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.event.encode()).digest()


def extend(value: bytes, digest: bytes) -> bytes:
    """Give the value of a PCR of the SHA-256 bank after it."""
    return hashlib.sha256(value + digest).digest()


def phases(before: bytes) -> Mapping[str, bytes]:
    """Give what PCR 11 is in each phase; before: what the image's sections have made of it."""
    values = {}
    for name in PHASES:
        before = values[name] = extend(before, Extended(PCR, name).digest)
    return values


def build(log: Iterable[Extended]) -> bytes:
    return b"".join(msgspec.json.encode(one) + b"\n" for one in log)


def parse(log: bytes) -> Sequence[Extended]:
    """Read the log. Raises FormatError."""
    lines = log.splitlines()
    if len(lines) > _MOST_LINES:
        raise FormatError(f"at most {_MOST_LINES} extensions, not {len(lines)}")
    try:
        return [msgspec.json.decode(line, type=Extended) for line in lines]
    except msgspec.DecodeError as error:
        raise FormatError(f"a log of extensions: {error}") from None


def replay(log: Iterable[Extended], values: Mapping[int, bytes]) -> dict[int, bytes]:
    """Give the values of PCRs after these extensions. values: before them, zeros where absent."""
    after = dict(values)
    for one in log:
        after[one.pcr] = extend(after.get(one.pcr, ZERO), one.digest)
    return after


class Manifest(Struct, frozen=True, kw_only=True):
    """What a release measures: SHA-256 in hexadecimal, of bytes that never change on the way.

    loader, image: as firmware hashes programs it starts (Authenticode). root: of its verity tree.
    pcr11: what it is in each phase. pcr_key: of the key (DER) that signed its states, or "".
    """

    version: str
    loader: str
    image: str
    root: str
    pcr11: Mapping[str, str]
    pcr_key: str = ""


def write_manifest(made: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"


def read_manifest(text: bytes) -> Manifest:
    """Raises FormatError."""
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise FormatError(f"a manifest of measurements: {error}") from None
