"""The machine API of this node on its unix socket: which services, in front of what."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ichor.api.authorize import APID, TRUSTD, granted, require
from ichor.api.errors import translate
from ichor.api.machine import service, version
from ichor.api.machine.configuration import ConfigurationService
from ichor.api.state import StateService
from ichor.api.trust import TrustService
from ichor.config.validate import Mode
from ichor.cosi.state import State
from ichor.ports.signer import Signing
from ichor.rpc.server import Server

ROOT = 0


def server(
    state: State, now: Callable[[], datetime], platform: str, mode: Mode, *, signer: Signing
) -> Server:
    """Make the server of a node of that platform and mode."""
    handlers = {
        **StateService(state, granted).handlers(),
        **ConfigurationService(state, granted, now, mode).handlers(),
        **version.handlers(platform, mode),
        **service.handlers(state),
        **TrustService(state, signer).handlers(),
    }
    return Server(handlers, interceptors=(translate, require(granted)))


async def listen(api: Server, path: Path) -> None:
    """Serve root and our own daemons; who they are decides what they may."""
    await api.listen_unix(str(path), mode=0o666, uids=(ROOT, APID, TRUSTD))
