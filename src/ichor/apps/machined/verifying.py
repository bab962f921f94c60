"""The question of containerd before each pull: may this image be taken?

    containerd ─► runs image-verifier(-name, -digest) ─► our socket: name, digest, a line each
               ◄─ its exit status, its words         ◄─ `+` or `-`, and why, in one line

The program is components/image-verifier. Only root may connect. Who asks for what cannot be said in
time is refused: containerd takes the image of a verifier that ends with 0, and of no other.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from ichor.api.verification import Refused, Verification
from ichor.cosi.state import State
from ichor.formats.reference import is_digest
from ichor.log import fields, logger
from ichor.peers.registry import HttpRegistries
from ichor.ports.signer import Signing
from ichor.rpc.listening import stop_listening
from ichor.rpc.server import bind_unix

SOCKET: Final = Path("/system/run/machined/verifier.sock")
_QUESTION_MOST: Final = 4096
_QUESTION_S: Final = 10.0
_ANSWER_S: Final = 100.0  # containerd waits for longer: controllers/cri/config.py
_ANSWER_MOST: Final = 2000
_AT_ONCE: Final = 64
log = logger(__name__)


def make(state: State, signer: Signing) -> "Verifying":
    return Verifying(Verification(state, HttpRegistries(), signer))


class Verifying:
    def __init__(self, verification: Verification) -> None:
        self.verification = verification
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, path: Path = SOCKET) -> None:
        sock = bind_unix(path, 0o600)
        self._server = await asyncio.start_unix_server(
            self._accept, sock=sock, limit=_QUESTION_MOST, backlog=_AT_ONCE
        )

    async def close(self) -> None:
        if self._server is not None:
            await stop_listening(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self._tasks.add(task)
        try:
            with suppress(OSError):  # who asked is gone; a timeout is one as well
                writer.write(await self._answer(reader))
                async with asyncio.timeout(_QUESTION_S):
                    await writer.drain()
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        if len(self._tasks) > _AT_ONCE:
            return _line("-", "too many images are asked about at once")
        try:
            async with asyncio.timeout(_QUESTION_S):
                lines = [(await reader.readline()).decode() for _ in range(2)]
        except (TimeoutError, ValueError):
            lines = []
        name, digest = (line.rstrip("\n") for line in lines or ("", ""))
        if not name or not is_digest(digest):
            return _line("-", "no question of a name and a digest")
        return await self._judged(name, digest)

    async def _judged(self, name: str, digest: str) -> bytes:
        try:
            async with asyncio.timeout(_ANSWER_S):
                verdict = await self.verification.judge(name, digest)
        except Refused as err:
            log.warning("image refused", extra=fields(image=name, digest=digest, why=str(err)))
            return _line("-", str(err))
        except TimeoutError:
            return _line("-", "its signature could not be checked in time")
        except Exception:
            log.exception("image not judged", extra=fields(image=name, digest=digest))
            return _line("-", "internal error, see the log of machined")
        if verdict.is_verified:
            log.info("image verified", extra=fields(image=name, digest=digest))
        return _line("+", verdict.message)


def _line(answer: str, why: str) -> bytes:
    return f"{answer}{' '.join(why.split())}".encode()[:_ANSWER_MOST] + b"\n"
