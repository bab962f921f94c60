"""What was measured on this machine, as its logs tell, and its TPM's word on it."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from ichor.errors import NotFound
from ichor.formats import verity
from ichor.linux import efi
from ichor.linux.tpm import KernelTpm
from ichor.ports.tpm import Account
from ichor.protocols.tpm2.objects import Credential

# drivers/char/tpm/eventlog/common.c
EVENTS: Final = Path("/sys/kernel/security/tpm0/binary_bios_measurements")
MEASURED: Final = Path("/run/ichor/measured.jsonl")
COMMAND_LINE: Final = Path("/proc/cmdline")


class MachineAccount:
    """events, measured: the logs of the firmware and of PID 1."""

    def __init__(
        self,
        tpm: KernelTpm,
        events: Path = EVENTS,
        measured: Path = MEASURED,
        line: Path = COMMAND_LINE,
        entry: Callable[[], str] = efi.booted_entry,
    ) -> None:
        self._tpm = tpm
        self._events, self._measured, self._line = events, measured, line
        self._entry = entry

    def account(self, nonce: bytes, pcrs: Collection[int]) -> Account:
        evidence = self._tpm.attest(nonce, pcrs)
        try:
            events = self._events.read_bytes()
        except FileNotFoundError:
            raise NotFound("the firmware has left no log of what it measured") from None
        line = self._line.read_text(encoding="utf-8")
        return Account(
            evidence=evidence,
            events=events,
            measured=self._measured.read_bytes() if self._measured.exists() else b"",
            root=verity.parse(line).root,
            entry=self._entry(),
        )

    def activate(self, credential: Credential) -> bytes:
        return self._tpm.activate(credential)
