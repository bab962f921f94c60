"""PID 1 tells the TPM how far the machine has come; `formats/measured` says what follows of it.

Each phase is entered once a boot, also where PID 1 begins afresh: /run, where the log is, stays.
"""

from pathlib import Path
from typing import Final

from ichor.errors import Conflict, IchorError
from ichor.log import fields, logger

log = logger(__name__)
_DEVICE: Final = Path("/dev/tpmrm0")


def boot() -> None:
    """The phase in which disks are opened begins."""
    from ichor.formats import measured

    _enter(measured.BOOT)


def run(*, is_sealed: bool = False) -> None:
    """Disks are open. is_sealed: the TPM gives back what opens some of them.

    Raises Conflict where it would go on giving that: it was not told.
    """
    from ichor.formats import measured

    if not _enter(measured.RUN) and is_sealed:
        raise Conflict("the TPM was not told that disks are open: it would open them for anybody")


def _enter(phase: str) -> bool:
    """Extend PCR 11 by a phase, where there is a TPM and it was not done in this boot.

    Say whether it is in that phase, or there is none. Where it fails, it is told of: in the first
    what was sealed stays closed, and the machine comes up without.
    """
    if not _DEVICE.exists():
        return True
    from ichor.formats import measured
    from ichor.linux import tpm
    from ichor.linux.measurement import MEASURED
    from ichor.protocols.tpm2 import objects

    try:
        before = measured.parse(MEASURED.read_bytes()) if MEASURED.exists() else ()
        if any(one.event == phase for one in before):
            return True
        with tpm.opened(_DEVICE) as transmit:
            tpm.run(objects.pcr_event(measured.PCR, phase.encode()), transmit)
        MEASURED.parent.mkdir(mode=0o700, exist_ok=True)
        with MEASURED.open("ab") as file:
            file.write(measured.build([measured.Extended(measured.PCR, phase)]))
        is_entered = True
    except (OSError, IchorError) as error:
        log.error("the TPM is not told", extra=fields(phase=phase, why=error))
        is_entered = False
    return is_entered
