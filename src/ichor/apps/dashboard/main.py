"""The dashboard of a machine on its own screen: it asks machined, and apid for its certificate.

Runs as its own user, without capabilities and without exec; its terminal is what it was given as
its input and output. What can be changed on a screen elsewhere (the form for the network, which
writes META) is not there: it states that it reads, and nothing else.
"""

import asyncio
import hashlib
from contextlib import suppress
from typing import Final

from ichor.apps.serving import SOCKET, until_told
from ichor.client.machine import PORT, Node
from ichor.dashboard.session import Session
from ichor.dashboard.terminal import Terminal
from ichor.linux.clock import KernelClock
from ichor.pki.roles import METADATA_KEY, Role
from ichor.rpc.client import Channel
from ichor.rpc.peer import UnixTarget
from ichor.rpc.tls import client_context

_INPUT, _OUTPUT = 0, 1  # a kernel that found no console for PID 1 left Python none to know
_PATIENCE_S: Final = 5


async def fingerprint(host: str = "127.0.0.1", port: int = PORT) -> str:
    """Give the SHA-256 of the certificate that apid shows; empty while it shows none."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            _, writer = await asyncio.open_connection(
                host, port, ssl=client_context(b"", insecure=True)
            )
    except (OSError, TimeoutError):
        return ""
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return hashlib.sha256(shown).hexdigest()
    finally:
        writer.transport.abort()  # there is nobody to say farewell to
        with suppress(OSError):
            await writer.wait_closed()


async def show() -> None:
    channel = Channel(UnixTarget(SOCKET), user_agent="ichor-dashboard")
    node = Node("", channel, [(METADATA_KEY, Role.READER)])
    try:
        with Terminal(_INPUT, _OUTPUT) as terminal:
            await Session([node], terminal, KernelClock(), fingerprint=fingerprint).run()
    finally:
        await channel.close()


def main(arguments: tuple[str, ...] = ()) -> int:
    return until_told(show)
