"""What a machine's own screen tells of its certificate is what callers will see."""

import asyncio
import gc
import hashlib
import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event, Thread

from ichor.apps.dashboard.main import fingerprint
from ichor.client.machine import fingerprint as read
from ichor.pki.issue import issue_pair, make_ca
from ichor.pki.leaf import Algorithm, os_server
from ichor.pki.pem import decode
from ichor.rpc.server import Server
from ichor.rpc.tls import ClientAuth, Identity, ServerTls, server_context

NOW = datetime.now(UTC)
CA = make_ca("talos", Algorithm.ED25519, now=NOW, entropy=os.urandom)


def test_the_fingerprint_is_of_the_certificate_that_is_shown() -> None:
    pair = issue_pair(
        CA, Algorithm.ED25519, os_server("n1", ("127.0.0.1",)), now=NOW, entropy=os.urandom
    )

    async def run() -> str:
        identity = Identity(pair.certificate.encode(), pair.key.encode())
        tls = ServerTls(server_context(identity, b"", ClientAuth.NOT_REQUESTED), None)
        async with Server({}) as server:
            port = await server.listen_tcp("127.0.0.1", 0, tls)
            return await fingerprint(port=port)

    shown = asyncio.run(run())
    assert read(shown) == hashlib.sha256(decode(pair.certificate)[0].der).digest()


def test_asking_leaves_no_connection_behind() -> None:
    """Nobody gives its loop another turn afterwards; what is left open then is said by Python."""
    pair = issue_pair(
        CA, Algorithm.ED25519, os_server("n1", ("127.0.0.1",)), now=NOW, entropy=os.urandom
    )
    identity = Identity(pair.certificate.encode(), pair.key.encode())
    context = server_context(identity, b"", ClientAuth.NOT_REQUESTED)

    over = Event()

    def serve(listening: socket.socket) -> None:
        link, _ = listening.accept()
        with link, suppress(OSError), context.wrap_socket(link, server_side=True) as shown:
            assert shown.version()
            over.wait()  # and does not answer a farewell

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening,))
        thread.start()
        assert len(asyncio.run(fingerprint(port=listening.getsockname()[1]))) == 64
        gc.collect()
        over.set()
        thread.join()


def test_while_nobody_serves_there_is_none() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        assert asyncio.run(fingerprint(port=bound.getsockname()[1])) == ""
