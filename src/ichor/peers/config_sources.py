"""The adapter of ports.config_sources: a task asks the platform, the store holds what was found.

Asking is repeated after 1 s, twice that, and so on up to half a minute. Who found no disk looks
again when there is another one, until that is settled.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from ichor.cosi.wakes import Wakes
from ichor.errors import IchorError
from ichor.formats.platform import Answer
from ichor.log import fields, logger
from ichor.peers.fetch import Fetcher, shown
from ichor.peers.platform import programs
from ichor.peers.platform.program import Get, Program, Reply, Request
from ichor.peers.platform.remembered import recall, remember
from ichor.ports.config_sources import (
    Action,
    Ask,
    Platform,
    Progress,
    Refuse,
    Rest,
    Settle,
    Sources,
    Take,
)
from ichor.ports.labelled_disk import LabelledDisks
from ichor.resources.config.source import SourceState

log = logger(__name__)


class Pauses(NamedTuple):
    """Seconds: after the first failure, after many, and between looks for another disk."""

    first: float = 1.0
    most: float = 30.0
    look: float = 2.0


Stored = Callable[[], tuple[int, str]]  # the newest generation's number, and the text that lasts
Store = Callable[[int, str], None]


class Offline(Exception):  # noqa: N818 - an outcome
    """What is wanted is on the network, and there is no address yet."""


class NodeSources:
    """All methods in the loop's thread. name: of the platform there is. kept: where its answers are
    remembered.
    """

    def __init__(
        self,
        disks: LabelledDisks,
        fetcher: Fetcher,
        stored: Stored,
        store: Store,
        name: str,
        kept: Path,
        pauses: Pauses = Pauses(),  # noqa: B008 - it is frozen
    ) -> None:
        self._disks = disks
        self._fetcher = fetcher
        self._stored = stored
        self._store = store
        self._name = name
        self._kept = kept
        self._pauses = pauses
        self._progress = Progress(answer=recall(kept, name))
        self._among: frozenset[str] | None = None
        self._taken: dict[str, SourceState] = {}
        self._task: asyncio.Task[None] | None = None
        self._wakes = Wakes()

    def observe(self) -> Sources:
        generation, text = self._stored()
        return Sources(
            platform=self._progress,
            taken=tuple(self._taken.items()),
            generation=generation,
            text=text,
            settled=self._among is not None,
        )

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()

    def apply(self, action: Action) -> None:
        match action:
            case Ask(platform=platform, online=online):
                self._begin(platform, online=online)
            case Rest():
                self._end()
                self._progress = Progress(answer=self._progress.answer)
            case Refuse(why=why):
                asked = self._progress.asked
                self._show(SourceState.FAILED, why)
                if asked is not None:
                    self._start(asked, online=True, after_s=self._pauses.most)
            case Settle():
                self._among = self._disks.devices()
                if self._progress.state is SourceState.ABSENT:
                    self._end()
            case Take(source=source, state=state, generation=generation, text=text):
                self._store(generation, text)
                self._taken[source] = state
                log.info("configuration found", extra=fields(source=source, state=state.value))

    def _begin(self, platform: Platform, *, online: bool) -> None:
        tries = self._progress.tries if self._progress.asked == platform else 0
        self._progress = Progress(
            asked=platform,
            state=SourceState.UNREAD,
            tries=tries,
            remote=self._progress.remote and self._progress.asked == platform,
            answer=self._progress.answer,
        )
        self._start(platform, online=online)

    def _start(self, platform: Platform, *, online: bool, after_s: float = 0.0) -> None:
        self._end()
        asking = self._live(platform, online=online, after_s=after_s)
        self._task = asyncio.get_running_loop().create_task(asking, name="platform")

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _live(self, platform: Platform, *, online: bool, after_s: float) -> None:
        await asyncio.sleep(after_s)
        pause_s = self._pauses.first
        while True:
            devices = self._disks.devices()
            state = await self._attempt(platform, online=online)
            if state in (SourceState.FOUND, SourceState.WAITING):
                return
            if state is SourceState.ABSENT:
                if self._among is not None:
                    return
                await self._until_other(devices)
            else:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, self._pauses.most)

    async def _until_other(self, devices: frozenset[str]) -> None:
        """Wait until there is a device that was not there; one may go and come back."""
        while not (now := self._disks.devices()) - devices:
            devices = now
            await asyncio.sleep(self._pauses.look)

    async def _attempt(self, platform: Platform, *, online: bool) -> SourceState:
        self._progress = replace(self._progress, tries=self._progress.tries + 1)
        try:
            answer = await self._drive(programs.program(platform), online=online)
        except Offline as err:
            return self._show(SourceState.WAITING, str(err))
        except (IchorError, OSError) as err:
            return self._show(SourceState.FAILED, str(err))
        except Exception as err:  # a fault of ours must not end the search
            log.exception("a platform's answer is not understood")
            return self._show(SourceState.FAILED, repr(err))
        if answer is None:
            return self._show(SourceState.ABSENT)
        remember(self._kept, self._name, answer)
        self._progress = replace(self._progress, answer=answer)
        return self._show(SourceState.FOUND if answer.config else SourceState.ABSENT)

    async def _drive(self, program: Program, *, online: bool) -> Answer | None:
        """Read what the program wants until it has an answer. Raises IchorError, OSError."""
        reply: Reply = None
        try:
            while True:
                reply = await self._read(program.send(reply), online=online)
        except StopIteration as end:
            answer: Answer | None = end.value
            return answer

    async def _read(self, wanted: Request, *, online: bool) -> Reply:
        remote = isinstance(wanted, Get)
        self._progress = replace(self._progress, remote=remote)
        if not isinstance(wanted, Get):
            self._show(SourceState.ASKING, f"a disk labelled {' or '.join(wanted.labels)}")
            return await asyncio.to_thread(
                self._disks.read, wanted.labels, wanted.names, self._among
            )
        if not online:
            raise Offline(f"an address to ask {shown(wanted.url)} from")
        self._show(SourceState.ASKING, shown(wanted.url))
        return await self._fetcher.fetch(wanted)

    def _show(self, state: SourceState, detail: str = "") -> SourceState:
        """Show how far it is: in the store, and each new state on the console, by the log."""
        before, self._progress = self._progress, replace(self._progress, state=state, detail=detail)
        if before.state is not state:
            name = before.asked.name if before.asked is not None else ""
            level = log.warning if state is SourceState.FAILED else log.info
            told = fields(platform=name, state=state.value, detail=detail, tries=before.tries)
            level("configuration sought", extra=told)
        if (before.state, before.detail) != (state, detail):
            self._wakes.ring()
        return state
