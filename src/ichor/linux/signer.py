"""The signer as machined sees it: a process for each question, gone with its answer."""

from typing import Final

from ichor.errors import InputError
from ichor.linux import helper
from ichor.linux.launch import Launcher
from ichor.linux.logs import LogFile
from ichor.linux.process import Reaper
from ichor.pki.signing import Answer, Question, encode, read_answer
from ichor.ports.cgroup import Cgroups, Make, Place
from ichor.resources.runtime.service_spec import Confinement, Daemon, Resources

# A user of its own: nobody is who the API server runs as, and would read its keys.
_UID: Final = 53
_LONGEST_S: Final = 60.0  # emulated machines import for twenty seconds
_CGROUP: Final = "system/signer"
_RESOURCES: Final = Resources(memory_max=64 << 20, pids_max=16)
_PROGRAM: Final = Daemon(entry="ichor.apps.signer.main:main")
_CONFINEMENT: Final = Confinement(
    uid=_UID,
    gid=_UID,
    capabilities=(),
    no_new_privs=True,
    seccomp="helper",
    limits={"core": (0, 0), "nofile": (16, 16), "fsize": (1 << 20, 1 << 20)},
)


class Signer:
    """log: where its stderr goes. cgroups: where its group is."""

    def __init__(self, launcher: Launcher, reaper: Reaper, log: LogFile, cgroups: Cgroups) -> None:
        self._launcher = launcher
        self._reaper = reaper
        self._log = log
        self._cgroups = cgroups

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
            before=self._place,
        )
        answer = read_answer(data)
        if answer.error:
            raise InputError(answer.error)
        return answer

    def _place(self, pid: int) -> None:
        self._cgroups.apply(Make(path=_CGROUP, resources=_RESOURCES))
        self._cgroups.apply(Place(path=_CGROUP, pid=pid))
