"""registryd: serves the layouts that it is started with, on the loopback, until SIGTERM.

Runs as its own user, without capabilities and without exec. It asks nobody anything: which layouts
there are is machined's to say, by the arguments.
"""

import asyncio
from pathlib import Path
from typing import Final

from ichor.apps.registryd.library import Library
from ichor.apps.registryd.server import Registry
from ichor.apps.serving import until_told
from ichor.log import fields, logger

HOST: Final = "127.0.0.1"
PORT: Final = 3172
_log = logger(__name__)


async def run(roots: tuple[str, ...]) -> None:
    registry = Registry(Library([Path(root) for root in roots]))
    try:
        port = await registry.listen(HOST, PORT)
        _log.info("images are served", extra=fields(port=port, roots=list(roots)))
        await asyncio.Event().wait()
    finally:
        await registry.close()


def main(arguments: tuple[str, ...] = ()) -> int:
    return until_told(lambda: run(arguments))
