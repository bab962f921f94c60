"""The least generation in a variable of the firmware, and whether an image may run here by it."""

from pathlib import Path
from typing import Final

from ichor.errors import Conflict, InputError
from ichor.formats import generation
from ichor.formats.generation import Generation
from ichor.linux import efi
from ichor.log import fields, logger
from ichor.ports.generation import Action, Allow, Least

log = logger(__name__)
ALLOWED: Final = Path("/run/ichor/older-allowed")
_COMMAND_LINE: Final = Path("/proc/cmdline")


class FirmwareGenerations:
    """allowed: what is there where an administrator has said so; it goes with the boot."""

    def __init__(self, allowed: Path = ALLOWED) -> None:
        self._allowed = allowed

    def observe(self) -> Least:
        return Least(efi.least(), self._allowed.exists())

    def apply(self, action: Action) -> None:
        if isinstance(action, Allow):  # first: else what runs raises it again
            self._allowed.parent.mkdir(mode=0o700, exist_ok=True)
            self._allowed.touch(mode=0o600)
        efi.remember_least(action.least)
        log.info("least generation remembered", extra=fields(least=action.least))


def running() -> Generation:
    """Raises FormatError, OSError."""
    return generation.parse(_COMMAND_LINE.read_text(encoding="ascii"))


def least() -> int:
    """Give what may run here: as remembered, else as the image that runs has it."""
    remembered = efi.least()
    return running().least if remembered is None else remembered


def check(image: Generation, at_least: int) -> None:
    """Raises InputError where an image is older than allowed."""
    if image.own < at_least:
        raise InputError(
            f"an image of generation {image.own}: this machine runs none before {at_least}",
            hint="take a newer one, or let it: ichor upgrade --allow-older",
        )


def check_running() -> None:
    """Raises Conflict where this image must not run here: the loader has another to start."""
    own, remembered = running().own, efi.least()
    if remembered is not None and own < remembered:
        raise Conflict(f"this image is of generation {own}: none before {remembered} runs here")
