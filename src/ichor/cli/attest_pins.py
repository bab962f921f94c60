"""TPMs as they were known last, by the names of their machines: one file, as of known hosts."""

import os
from pathlib import Path

import msgspec

from ichor.client.attestation import Pin
from ichor.errors import FormatError
from ichor.provision.record import write_atomic


def path() -> Path:
    chosen = os.environ.get("ICHOR_STATE")
    base = Path(chosen) if chosen else Path.home() / ".local/state/ichor"
    return base.absolute() / "attested.json"


class Pins:
    def __init__(self) -> None:
        self._path = path()

    def get(self, name: str) -> Pin | None:
        return self._read().get(name)

    def set(self, name: str, pin: Pin) -> None:
        pins = {**self._read(), name: pin}
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(self._path, msgspec.json.format(msgspec.json.encode(pins), indent=2) + b"\n")

    def _read(self) -> dict[str, Pin]:
        """Raises FormatError: what cannot be read must not pass for a TPM that nobody knows."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Pin])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise FormatError(f"TPMs that are known, in {self._path}: {error}") from None
