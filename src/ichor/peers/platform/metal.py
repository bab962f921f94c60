"""Metal: a configuration by its URL; without one, on a disk labelled `metal-iso`."""

from typing import Final

from ichor.formats.platform import Answer
from ichor.peers.platform.program import Program, config_of, get, read_disk

LABEL: Final = "metal-iso"  # facts/constants.tsv
FILE: Final = "config.yaml"


def metal(url: str) -> Program:
    """Raises FormatError, InputError."""
    if url:
        return Answer(config=config_of((yield from get(url))))
    files = yield from read_disk((LABEL,), FILE)
    return Answer(config=config_of(files.get(FILE, b""))) if files is not None else None
