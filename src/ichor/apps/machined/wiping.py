"""Reset's last step in a container: volumes are directories, and emptied once nothing runs."""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from ichor.apps.machined import layers
from ichor.log import fields, logger

log = logger(__name__)
VOLUMES: Final = {"EPHEMERAL": Path("/var"), "STATE": Path(layers.STATE)}


def wipe(names: Iterable[str]) -> None:
    """Empty volumes; what is busy stays, and the log says so."""
    for name in sorted(names):
        for path in sorted(VOLUMES[name].iterdir()):
            empty(path)


def empty(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, onerror=_busy)
        else:
            path.unlink()
    except OSError as error:
        log.warning("not wiped", extra=fields(path=path, why=error))


def _busy(_function: object, path: str, error: object) -> None:
    """Go on past mounts that still hold a directory: what is in them goes, too."""
    with suppress(OSError):
        Path(path).unlink()
    log.debug("not wiped", extra=fields(path=path, why=error))
