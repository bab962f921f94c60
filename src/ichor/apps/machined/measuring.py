"""PID 1 tells the TPM how far the machine has come; `formats/measured` says what follows of it.

Each phase is entered once a boot, also where PID 1 begins afresh: /run, where the log is, stays.
"""

from pathlib import Path
from typing import Final

from ichor.errors import IchorError
from ichor.log import fields, logger

log = logger(__name__)
_DEVICE: Final = Path("/dev/tpmrm0")


def boot() -> None:
    """The phase in which disks are opened begins."""
    from ichor.formats import measured

    _enter(measured.BOOT)


def run() -> None:
    """Disks are open."""
    from ichor.formats import measured

    _enter(measured.RUN)


def _enter(phase: str) -> None:
    """Extend PCR 11 by a phase, where there is a TPM and it was not done in this boot.

    A TPM that fails is told of: what was sealed stays closed, and the machine comes up without.
    """
    if not _DEVICE.exists():
        return
    from ichor.formats import measured
    from ichor.linux import tpm
    from ichor.linux.measurement import MEASURED
    from ichor.protocols.tpm2 import objects

    try:
        before = measured.parse(MEASURED.read_bytes()) if MEASURED.exists() else ()
        if any(one.event == phase for one in before):
            return
        with tpm.opened() as transmit:
            tpm.run(objects.pcr_event(measured.PCR, phase.encode()), transmit)
        MEASURED.parent.mkdir(mode=0o700, exist_ok=True)
        with MEASURED.open("ab") as file:
            file.write(measured.build([measured.Extended(measured.PCR, phase)]))
    except (OSError, IchorError) as error:
        log.error("the TPM is not told", extra=fields(phase=phase, why=error))
