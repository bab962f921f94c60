"""A node without a kernel: store, engine, API on unix sockets, a signer in this process."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ichor.api import access
from ichor.api.authorize import require
from ichor.api.errors import translate
from ichor.api.state import StateService
from ichor.api.trust import TrustService
from ichor.apps.apid.main import Apid
from ichor.apps.signer.main import reply
from ichor.apps.trustd.main import Trustd
from ichor.config.secret import Secret
from ichor.controllers.secrets.api import api
from ichor.controllers.secrets.issuance import issuance
from ichor.controllers.secrets.join_token import join_token
from ichor.linux.issuance import LocalIssuance
from ichor.pki import issue
from ichor.pki.leaf import Algorithm, os_client
from ichor.pki.signing import Answer, Question
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.fields import Certificate, CertificateAndKey
from ichor.resources.secrets.certificate import (
    Authority,
    CertificateRequest,
    Issuer,
    Usage,
)
from ichor.resources.secrets.os import OSRootSecret
from ichor.rpc.client import Channel
from ichor.rpc.peer import UnixTarget
from ichor.rpc.server import Server
from ichor.rpc.tls import Identity
from ichor.testing.engine import FakeTime, World

TOKEN = "abcdef.0123456789abcdef"
LIFE = timedelta(hours=24)


class Signer:
    """Answers in this process, at the time of the test's clock."""

    def __init__(self, time: FakeTime) -> None:
        self._time = time

    async def ask(self, question: Question) -> Answer:
        return reply(question, self._time.now())


class Plane:
    """A control plane: its certificates live as the test's clock goes."""

    def __init__(self) -> None:
        self.time = FakeTime(datetime.now(UTC).replace(microsecond=0))
        self.signer = Signer(self.time)
        self.world = World([issuance(LocalIssuance(self.signer)), join_token, api], time=self.time)
        ca = issue.make_ca("test", Algorithm.ED25519, now=self.time.now(), entropy=os.urandom)
        self.ca, self.key = ca.certificate, ca.key
        self.world.put(
            OSRootSecret(
                issuing_ca=CertificateAndKey(crt=self.ca.encode(), key=self.key.encode()),
                accepted_cas=(Certificate(crt=self.ca.encode()),),
                token=TOKEN,
            ),
            "os",
        )
        self.world.put(Authority(cert=self.ca, key=Secret(self.key)), "os")
        self.world.put(MachineType(type=MachineKind.CONTROLPLANE), "machine-type")
        for id in ("api-server", "trustd"):
            self.world.put(_server(), id)
        self.world.put(
            CertificateRequest(
                issuer=Issuer.OS,
                common_name="node",
                organizations=("os:impersonator",),
                usages=(Usage.CLIENT,),
            ),
            "api-client",
        )
        self.world.settle()
        self.user = self._user()  # at once: the clock of the test leaves that of TLS behind

    def _user(self) -> Identity:
        """Give what somebody who administers the node shows."""
        key = issue.make_key(Algorithm.ED25519, os.urandom)
        leaf = os_client((access.ADMIN,))
        pair = issue.Pair(certificate=self.ca, key=self.key)
        signed = issue.issue(pair, key.public_key(), leaf, now=self.time.now(), entropy=os.urandom)
        return Identity(signed.encode(), issue.pkcs8_pem(key).encode())

    def api(self, role: str) -> Server:
        handlers = {
            **StateService(self.world.state, lambda _: frozenset({role})).handlers(),
            **TrustService(self.world.state, self.signer).handlers(),
        }
        return Server(handlers, interceptors=(translate, require(lambda _: frozenset({role}))))


def _server() -> CertificateRequest:
    return CertificateRequest(
        issuer=Issuer.OS,
        common_name="node",
        dns_names=("localhost",),
        ips=("127.0.0.1",),
        lifetime=LIFE,
    )


@asynccontextmanager
async def machined(plane: Plane, path: Path, role: str) -> AsyncGenerator[Channel]:
    """Serve the node's API as a process of that role finds it."""
    server = plane.api(role)
    await server.listen_unix(str(path))
    channel = Channel(UnixTarget(str(path)))
    try:
        yield channel
    finally:
        await channel.close()
        await server.stop(0)


@asynccontextmanager
async def running(daemon: Apid | Trustd) -> AsyncGenerator[int]:
    """Run a daemon; gives the port it listens on."""
    task = asyncio.create_task(daemon.run())
    try:
        yield await daemon.listening
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def trustd(plane: Plane, directory: Path) -> AsyncGenerator[int]:
    async with (
        machined(plane, directory / "trustd.sock", access.TRUSTD) as channel,
        running(Trustd(channel, 0)) as port,
    ):
        yield port


@asynccontextmanager
async def apid(plane: Plane, directory: Path) -> AsyncGenerator[int]:
    async with (
        machined(plane, directory / "apid.sock", access.ADMIN) as channel,
        running(Apid(channel, 0)) as port,
    ):
        yield port
