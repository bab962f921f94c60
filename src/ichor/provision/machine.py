"""A virtual machine as a keeper keeps it: QEMU with real firmware, a disk, a serial console.

    keeper ── fork ──► qemu: OVMF -> our disk; console on the keeper's terminal, QMP on a socketpair
                   └─► swtpm, where it has a TPM

A reboot ends QEMU, so that the keeper sees it and starts the next life; QMP's last event tells it
from a power-off. It is on the hub's bridge by a tap device, and gets its address there by DHCP.
"""

import json
import os
import signal
import socket
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from ichor.provision import accelerator, launch, tap, tpm
from ichor.provision import name as names
from ichor.provision.body import ended
from ichor.provision.life import End
from ichor.provision.record import Machine, Node

QEMU: Final = "qemu-system-x86_64"
SECURE_CODE: Final = accelerator.CODE.with_name("OVMF_CODE_4M.secboot.fd")
VARIABLES: Final = accelerator.CODE.with_name("OVMF_VARS_4M.fd")  # in setup mode
# Only code in system management mode writes the flash, and so the variables.
_GUARDED: Final = ("-machine", "smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on")
DISK, STORE, IMAGES = "disk.raw", "vars.fd", "images.raw"
MONITOR: Final = "look.sock"  # of QMP, to look at a screen
WRITES: Final = (
    "writes.log"  # as of dm-log-writes (kernel, admin-guide/device-mapper/log-writes.rst)
)
_ENDS: Final = {"guest-reset": End.REBOOT, "guest-shutdown": End.POWER_OFF}


class Handed(NamedTuple):
    """Descriptors that QEMU is begun with.

    qmp: what it is controlled by. taps: its network. tpm: that; -1 without one.
    """

    qmp: int
    taps: tuple[int, ...]
    tpm: int = -1


def command(node: Node, machine: Machine, directory: Path, handed: Handed) -> Iterator[str]:
    """Yield QEMU's arguments."""
    yield from (QEMU, "-name", node.name, "-nodefaults", "-no-user-config", "-display", "none")
    yield from ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny")
    yield from accelerator.arguments(machine.accelerator)
    if machine.secure_boot:
        yield from _GUARDED
    yield from ("-smp", str(machine.processors), "-m", str(machine.memory_mib))
    if machine.uuid:
        yield from ("-uuid", machine.uuid)
    flash = "if=pflash,format=raw"
    yield from ("-drive", f"{flash},unit=0,readonly=on,file={firmware(machine)}")
    yield from ("-drive", f"{flash},unit=1,file={_escaped(directory / STORE)}")
    yield from ("-drive", f"if=none,id=disk,{_disk(machine, directory)}")
    yield from ("-device", "virtio-blk-pci,drive=disk,bootindex=1")
    if node.image_cache:
        images = f"readonly=on,file={_escaped(directory / IMAGES)}"
        yield from ("-drive", f"if=none,id=images,format=raw,{images}")
        yield from ("-device", "virtio-blk-pci,drive=images")
    yield from _handed(machine)
    for number, fd in enumerate(handed.taps):
        mac = names.hardware_address(tap.card(node, number))
        index = ",bootindex=2" if machine.netboot and number == 0 else ""
        yield from ("-netdev", f"tap,id=net{number},fd={fd}")
        yield from ("-device", f"virtio-net-pci,netdev=net{number},mac={mac},romfile={index}")
    yield from _medium(machine)
    yield from ("-device", "virtio-rng-pci")
    if handed.tpm >= 0:
        yield from tpm.arguments(handed.tpm)
    yield from ("-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console")
    if machine.screen:
        path = _escaped(directory / MONITOR)
        yield from ("-device", "VGA,romfile=", "-qmp", f"unix:{path},server=on,wait=off")
    yield from ("-chardev", f"socket,id=qmp,fd={handed.qmp}", "-mon", "chardev=qmp,mode=control")
    yield from ("-action", "reboot=shutdown")


def _handed(machine: Machine) -> Iterator[str]:
    """Yield what tells a machine of its own: by SMBIOS, and on disks."""
    if machine.serial:
        yield from ("-smbios", f"type=1,serial={_doubled(machine.serial)}")
    for one in machine.strings:
        yield from ("-smbios", f"type=11,value={_doubled(one)}")
    for number, medium in enumerate(machine.media):
        image = f"format=raw,readonly=on,file={_doubled(medium)}"
        yield from ("-drive", f"if=none,id=medium{number},{image}")
        yield from ("-device", f"virtio-blk-pci,drive=medium{number}")


def _medium(machine: Machine) -> Iterator[str]:
    """Yield what a machine starts from while its disk is empty, or is not what it was."""
    if machine.iso:
        file = _doubled(machine.iso)
        yield from ("-drive", f"if=none,id=cd,media=cdrom,format=raw,readonly=on,file={file}")
        yield from ("-device", "ide-cd,drive=cd,bootindex=2")
    if machine.netboot:  # by HTTP (UEFI 2.10, 24.7); PXE would be waited for, minutes
        for version in ("IPv4", "IPv6"):
            yield from ("-fw_cfg", f"name=opt/org.tianocore/{version}PXESupport,string=no")


def _disk(machine: Machine, directory: Path) -> str:
    disk, log = _escaped(directory / DISK), _escaped(directory / WRITES)
    if not machine.log_writes:
        return f"format=raw,file={disk}"
    below = f"file.driver=raw,file.file.driver=file,file.file.filename={disk}"
    beside = f"log.driver=raw,log.file.driver=file,log.file.filename={log}"
    return f"driver=blklogwrites,{below},{beside}"


def firmware(machine: Machine) -> Path:
    return SECURE_CODE if machine.secure_boot else accelerator.CODE


def _escaped(path: Path) -> str:
    return _doubled(str(path))


def _doubled(value: str) -> str:
    return value.replace(",", ",,")


class VirtualMachine:
    def __init__(
        self, node: Node, machine: Machine, directory: Path, terminal: launch.Terminal
    ) -> None:
        self._node = node
        self._machine = machine
        self._directory = directory
        self._terminal = terminal
        self._monitor: socket.socket | None = None
        self._tpm = 0  # the pid of what plays it

    async def start(self) -> int:
        await self.sweep()
        ours, theirs = socket.socketpair()
        try:
            with theirs, ExitStack() as ports, self._with_tpm() as link:
                taps = [
                    ports.enter_context(closing(tap.open_port(self._node, number)))
                    for number in range(self._machine.links)
                ]
                handed = Handed(theirs.fileno(), tuple(taps), link)
                argv = list(command(self._node, self._machine, self._directory, handed))
                pid = _spawn(argv, self._terminal, handed)
        except BaseException:
            ours.close()
            raise
        ours.settimeout(1)
        ours.sendall(b'{"execute": "qmp_capabilities"}\n')
        self._monitor = ours
        return pid

    def ask(self, pid: int) -> None:
        """Press the power button."""
        if self._monitor is not None:
            self._monitor.sendall(b'{"execute": "system_powerdown"}\n')

    def meaning(self, wait_status: int) -> End:
        """Say what its end meant: QEMU has ended, so what it said has an end, too."""
        said = b""
        if self._monitor is not None:
            with self._monitor:
                said = heard(self._monitor)
            self._monitor = None
        return meaning(said, wait_status)

    @contextmanager
    def _with_tpm(self) -> Generator[int]:
        """Have its TPM started; gives the end of the link that QEMU gets, -1 without a TPM."""
        if not self._machine.tpm:
            yield -1
            return
        self._tpm, link = tpm.start(self._directory, self._terminal)
        with link:
            yield link.fileno()

    async def sweep(self) -> None:
        """End the TPM of a life that has ended; it wrote its state down when it changed."""
        if self._tpm:
            os.kill(self._tpm, signal.SIGTERM)
            await ended(self._tpm)
            self._tpm = 0


def heard(monitor: socket.socket) -> bytes:
    """Give what QEMU said to its end; killed before it read what we said, it resets the link."""
    said = b""
    with suppress(OSError):
        while piece := monitor.recv(4096):
            said += piece
    return said


def meaning(said: bytes, wait_status: int) -> End:
    return _ENDS.get(last_reason(said), End.CRASH) if wait_status == 0 else End.CRASH


def last_reason(said: bytes) -> str:
    """Give why the machine was shut down, as the last such event of QMP tells."""
    reason = ""
    for line in said.splitlines():
        try:
            row: object = json.loads(line)
        except ValueError:  # its last line, cut off
            break
        if isinstance(row, dict) and row.get("event") == "SHUTDOWN":
            reason = str(row.get("data", {}).get("reason", ""))
    return reason


@contextmanager
def closing(fd: int) -> Generator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


def _spawn(argv: list[str], terminal: launch.Terminal, handed: Handed) -> int:
    """Fork and exec. Raises TransientError with the child's reason."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(told)
        launch.become(partial(_execute, argv, handed), terminal, tell)
    return launch.started(pid, told, tell, argv[0])


def _execute(argv: list[str], handed: Handed) -> None:
    for fd in (handed.qmp, *handed.taps, handed.tpm):
        if fd >= 0:
            os.set_inheritable(fd, True)
    os.execvp(argv[0], argv)  # noqa: S606
