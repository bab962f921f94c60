"""One virtual machine for a test or a measurement: switched on, watched, and gone in the end."""

import asyncio
import itertools
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ichor.client.machine import insecure
from ichor.errors import IchorError
from ichor.linux.clock import KernelClock
from ichor.proto.machine import machine_pb2 as pb
from ichor.provision import control, record
from ichor.provision import name as names
from ichor.provision.control import Verb
from ichor.provision.machine import MONITOR
from ichor.provision.machines import Machines, with_accelerator
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Machine
from ichor.provision.syscalls import network_namespace
from ichor.rpc.status import RpcError
from ichor.testing import pages, screen

PATIENCE_S: Final = 900
OFF_S: Final = 180
CRASHES: Final = 3  # in a row; to have its power cut once is none of its own
_NUMBERS: Final = itertools.count(1)
R = TypeVar("R", bound=Message)


class Told(NamedTuple):
    """What a machine is told of its own: SMBIOS' serial number and OEM strings, disks' images.

    pages: what a server at the gateway (10.5.0.1, port 80) has, by path.
    """

    serial: str = ""
    strings: tuple[str, ...] = ()
    media: tuple[Path, ...] = ()
    pages: Mapping[str, bytes] = {}


@dataclass(frozen=True)
class Trial:
    """A machine that was switched on. port: of its API, on 127.0.0.1."""

    directory: Path
    port: int
    accelerator: str

    @property
    def console(self) -> str:
        path = self.directory / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def began(self) -> float:
        """Give when it was switched on: the last file that is written before."""
        return (self.directory / "node.json").stat().st_ctime

    @property
    def seconds(self) -> float:
        """Give how long ago that was."""
        return KernelClock().now().timestamp() - self.began

    def cut_power(self) -> None:
        """Switch it off at once, and on again."""
        self.switch_off()
        self.start()

    def switch_off(self) -> None:
        control.call(self.directory, Verb.CUT)

    def start(self) -> None:
        control.call(self.directory, Verb.START)

    def power_off(self) -> None:
        """Press the power button and wait until it is off, at most OFF_S; then it is cut."""
        control.call(self.directory, Verb.STOP, grace=timedelta(seconds=OFF_S))

    def until(self, mark: str, times: int = 1) -> float:
        """Give the seconds from power-on until the console has said this. Raises TimeoutError."""
        while self.console.count(mark) < times:
            self.check_hope(f"the console does not say {mark!r}")
            time.sleep(0.05)
        return self.seconds

    def until_after(self, begin: int, mark: str) -> None:
        """Wait until the console has said this behind its first characters. Raises TimeoutError."""
        while mark.lower() not in self.console[begin:].lower():
            self.check_hope(f"the console does not say {mark!r}")
            time.sleep(0.05)

    def check_hope(self, lack: str) -> None:
        """Raise TimeoutError where there is no hope: it took too long, or QEMU itself crashes."""
        if self.seconds > PATIENCE_S or self.crashes >= CRASHES:
            raise TimeoutError(f"{lack} ({self.crashes} crashes):\n{self.console[-3000:]}")

    def screen(self) -> tuple[tuple[screen.Cell, ...], ...]:
        """Look at its screen: rows of cells."""
        return screen.cells(screen.look(self.directory, MONITOR))

    @property
    def crashes(self) -> int:
        """Give how many times in a row the machine ended neither by a reboot nor by power-off."""
        return control.call(self.directory, Verb.STATUS).crashes

    def answered(self) -> float:
        """Give the seconds until the API answers. Raises TimeoutError."""
        while True:
            try:
                asyncio.run(self._call("Version", pb.VersionResponse, 5))
            except (RpcError, IchorError, OSError, TimeoutError):
                self.check_hope("the API does not answer")
                time.sleep(0.1)
            else:
                return self.seconds

    def ask(self, method: str, response: type[R], request: Message | None = None) -> R:
        """Call a method as anybody may in maintenance mode."""
        return asyncio.run(self._call(method, response, 60, request))

    async def _call(
        self, method: str, response: type[R], timeout_s: float, request: Message | None = None
    ) -> R:
        async with insecure([f"127.0.0.1:{self.port}"]) as connection:
            node, asked = connection.nodes[0], request or Empty()
            return await node.call(method, asked, response, timeout_s=timeout_s)


@contextmanager
def trial(
    image: Path | None,
    memory_mib: int = 256,
    *,
    secure_boot: bool = False,
    tpm: bool = False,
    log_writes: bool = False,
    disk_mib: int = 6144,
    told: Told = Told(),  # noqa: B008 - it is frozen
    links: int = 1,
    iso: Path | None = None,
    netboot: Path | None = None,
    has_screen: bool = False,
) -> Iterator[Trial]:
    """Give a machine that starts from this disk, or from a medium while its disk is empty."""
    name = f"vm-{os.getpid()}-{next(_NUMBERS)}"
    wanted = Machine(
        image=str(image or ""),
        memory_mib=memory_mib,
        secure_boot=secure_boot,
        tpm=tpm,
        log_writes=log_writes,
        disk_mib=disk_mib,
        serial=told.serial,
        strings=told.strings,
        media=tuple(map(str, told.media)),
        links=links,
        iso=str(iso or ""),
        netboot=str(netboot or ""),
        screen=has_screen,
    )
    planned = plan(Request(name=name, root=image or Path(), workers=0, machine=wanted))
    made = Machines()
    with record.locked(name):
        made.check(planned)
        fitted = with_accelerator(planned)
        node = fitted.nodes[0]
        try:
            for phase in made.create(fitted, {}):
                phase.action()
            directory = record.node_directory(name, node.name)
            accelerator = node.machine.accelerator if node.machine is not None else ""
            with ExitStack() as stack:
                if told.pages:
                    with network_namespace(names.hub(name)):
                        listening = pages.listen((fitted.gateway, pages.PORT))
                    stack.enter_context(pages.serve(listening, told.pages))
                yield Trial(directory, node.forward("api"), accelerator)
        finally:
            made.destroy(name)
