"""A machine without a machine: a real TPM (swtpm), and logs as firmware and PID 1 write them."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.formats.test_tcg_log import new, old, variable
from tests.protocols.swtpm import Swtpm, started

from ichor.client.attestation import PCRS, Answer, Challenge
from ichor.formats import measured, tcg_log
from ichor.formats.measured import Extended, Manifest
from ichor.linux.tpm import KernelTpm, run
from ichor.protocols.tpm2 import objects

ROOT = bytes(range(32))
STUB = 0x0D  # EV_IPL
CALLING = "Calling EFI Application from Boot Option"
STARTED = (CALLING, "\0\0\0\0", "loader", "image")


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def release() -> Manifest:
    """Give what the machine below was to measure."""
    stub = measured.extend(measured.ZERO, hashlib.sha256(b"a section").digest())
    phases = measured.phases(stub)
    return Manifest(
        version="1.0",
        loader=hashed("loader"),
        image=hashed("image"),
        root=ROOT.hex(),
        pcr11={name: value.hex() for name, value in phases.items()},
    )


class Machine:
    def __init__(self, chip: Swtpm) -> None:
        self.tpm = KernelTpm(lambda: None, chip.connect)
        self.events = old()
        self.measured: list[Extended] = []
        self._chip = chip

    def boot(self, started: Sequence[str] = STARTED) -> None:
        """started: what firmware tells PCR 4."""
        self.fire(7, tcg_log.EFI_VARIABLE, variable("SecureBoot", b"\1"))
        self.fire(7, tcg_log.SEPARATOR, bytes(4))
        for one in started:
            self.fire(4, tcg_log.BOOT_SERVICES_APPLICATION, one.encode())
        self.fire(11, STUB, b"a section")
        for phase in measured.PHASES:
            self.extend(11, phase.encode())
            self.measured.append(Extended(11, phase))

    def fire(self, pcr: int, kind: int, data: bytes) -> None:
        """Measure as firmware does."""
        self.extend(pcr, data)
        self.events += new(pcr, kind, data)

    def extend(self, pcr: int, data: bytes) -> None:
        with self._chip.connect() as transmit:
            run(objects.pcr_event(pcr, data), transmit)

    def asked(self, challenge: Challenge, seconds: float = 1.0) -> Answer:
        evidence = self.tpm.attest(challenge.nonce, challenge.pcrs)
        log = measured.build(self.measured)
        return Answer(evidence, self.events, log, seconds)


@contextmanager
def booted(state: Path, programs: Sequence[str] = STARTED) -> Iterator[Machine]:
    with started(state) as chip:
        machine = Machine(chip)
        machine.boot(programs)
        yield machine


def challenge() -> Challenge:
    return Challenge(os.urandom(32), PCRS)
