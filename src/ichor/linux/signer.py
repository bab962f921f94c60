"""The signer as machined sees it: a process for each question, gone with its answer."""

from typing import Final

from ichor.errors import InputError
from ichor.linux import helper
from ichor.linux.launch import Launcher
from ichor.linux.logs import LogFile
from ichor.linux.process import Reaper
from ichor.pki.signing import Answer, Question, encode, read_answer
from ichor.resources.runtime.service_spec import Confinement, Daemon

_NOBODY: Final = 65534
_LONGEST_S: Final = 30.0
_PROGRAM: Final = Daemon(entry="ichor.apps.signer.main:main")
_CONFINEMENT: Final = Confinement(
    uid=_NOBODY, gid=_NOBODY, capabilities=(), no_new_privs=True, seccomp="network-daemon"
)


class Signer:
    """log: where its stderr goes."""

    def __init__(self, launcher: Launcher, reaper: Reaper, log: LogFile) -> None:
        self._launcher = launcher
        self._reaper = reaper
        self._log = log

    async def ask(self, question: Question) -> Answer:
        """Raises InputError with the signer's reason, TransientError if it did not answer."""
        data = await helper.ask(
            self._launcher,
            self._reaper,
            "signer",
            _PROGRAM,
            encode(question),
            confinement=_CONFINEMENT,
            log=self._log,
            timeout=_LONGEST_S,
        )
        answer = read_answer(data)
        if answer.error:
            raise InputError(answer.error)
        return answer
