"""What a platform said of machine and network, on STATE: it holds until it is said again.

So a machine has its address before its platform answers. The configuration is not among it: that is
kept as one, if it is taken.
"""

import os
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ichor.formats.platform import Answer
from ichor.log import fields, logger

log = logger(__name__)


class Kept(Struct, frozen=True):
    platform: str
    answer: Answer


def remember(kept: Path, platform: str, answer: Answer) -> None:
    """Keep it, whole or not at all; of who says nothing, what was said before."""
    lasting = replace(answer, config=b"")
    if lasting == Answer():
        return
    try:
        fresh = kept.with_name(f".{kept.name}")
        with fresh.open("wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(msgspec.json.encode(Kept(platform, lasting)))
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the new name with nothing in it
        fresh.replace(kept)
    except OSError as err:
        log.warning("the platform's answer is not remembered", extra=fields(why=err))


def recall(kept: Path, platform: str) -> Answer | None:
    """Give what that platform said; what another one did means nothing here."""
    try:
        found = msgspec.json.decode(kept.read_bytes(), type=Kept)
        return found.answer if found.platform == platform else None
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as err:
        log.warning("the platform's last answer cannot be read", extra=fields(why=err))
        return None
