"""The signer as machined sees it: a process for each question, started by the zygote.

    question ──stdin──► signer (nobody, no capability, no exec) ──stdout──► answer, exit

The pipes carry keys, so they are not logged and nothing else inherits them.
"""

import asyncio
import os
from typing import IO, Final

from ichor.errors import InputError, TransientError
from ichor.linux.launch import Launcher, Standard
from ichor.pki.signing import Answer, Question, encode, read_answer
from ichor.resources.runtime.service_spec import Confinement, Daemon

_NOBODY: Final = 65534
_LONGEST_S: Final = 30.0
_PROGRAM: Final = Daemon(entry="ichor.apps.signer.main:main")
_CONFINEMENT: Final = Confinement(
    uid=_NOBODY, gid=_NOBODY, capabilities=(), no_new_privs=True, seccomp="network-daemon"
)


class Signer:
    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher

    async def ask(self, question: Question) -> Answer:
        """Raises InputError with the signer's reason, TransientError if it did not answer."""
        question_in, question_out = os.pipe2(os.O_CLOEXEC)
        answer_in, answer_out = os.pipe2(os.O_CLOEXEC)
        with os.fdopen(answer_in, "rb", 0) as answers:
            with os.fdopen(question_out, "wb", 0) as questions:
                try:
                    process = await self._launcher.launch(
                        "signer",
                        _PROGRAM,
                        Standard(question_in, answer_out, 2),
                        confinement=_CONFINEMENT,
                    )
                finally:
                    os.close(question_in)
                    os.close(answer_out)
                os.close(process.pidfd)
                # A question is far below what a pipe holds (64 KiB), so this does not block.
                questions.write(encode(question))
            data = await _read_all(answers)
        await process.ended
        if not data:
            raise TransientError("the signer ended without an answer")
        answer = read_answer(data)
        if answer.error:
            raise InputError(answer.error)
        return answer


async def _read_all(pipe: IO[bytes]) -> bytes:
    """Read until the other end closes. Raises TransientError after a while."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        async with asyncio.timeout(_LONGEST_S):
            return await reader.read()
    except TimeoutError:
        raise TransientError(f"the signer did not answer within {_LONGEST_S:.0f} s") from None
    finally:
        transport.close()
