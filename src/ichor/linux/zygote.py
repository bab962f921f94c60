"""The zygote: a single-threaded process that only imports, and forks our daemons and programs.

    machined ── request + descriptors ──► zygote ─fork► middle ─fork► child
        ▲                                                 │             │ waits at the gate
        └────────── sequence number, pid, pidfd ──────────┘ (exits)     │
        registers the pid, puts it into its cgroup, opens the gate ─────┘ confines itself, runs

The middle process exits, so the child becomes a child of machined, which is PID 1 or a subreaper.
The gate makes that free of races: a child neither runs nor ends before machined knows it, and it
ends unheard if machined goes away. Nothing secret is ever here: no channel, no loop, no key.

Shared by fork, not to be changed without exec: the layout of memory and the seed of str hashes.
`random` and OpenSSL seed themselves anew after a fork.
"""

import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NoReturn

import msgspec

from ichor.linux import libc
from ichor.linux.confine import confine
from ichor.resources.runtime.service_spec import Confinement, Daemon, Exec

CHANNEL = 3  # of a fresh zygote; in a child the gate
_GATE = 3
_MAX_REQUEST = 128 * 1024
_SEALED = "_ichor"  # components/python/init.c


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """One request; with it travel four descriptors: stdin, stdout, stderr and the gate."""

    sequence: int
    name: str
    program: Exec | Daemon
    confinement: Confinement = Confinement()
    environment: Mapping[str, str] = {}
    directory: str = "/"


class Launched(msgspec.Struct, frozen=True, kw_only=True):
    """The answer; with it travels a pidfd unless there is an error."""

    sequence: int
    pid: int = 0
    error: str = ""


def load(modules: tuple[str, ...]) -> None:
    """Import what forked processes share, and have its pages stay shared when they use it.

    Nothing writes to it any more to count users or in search of garbage. [m] A container in
    maintenance mode: 46.4 MB of anonymous memory instead of 53.4.
    """
    for name in modules:
        importlib.import_module(name)
    gc.collect()
    if _SEALED in sys.builtin_module_names:  # the image's program; an ordinary Python lacks it
        importlib.import_module(_SEALED).make_immortal()
    gc.freeze()


def serve(channel: socket.socket, modules: tuple[str, ...], within: str = "") -> NoReturn:
    """Import, then fork on request until the other end closes. Never returns.

    within: what the entry of a daemon has to begin with.
    """
    gc.disable()
    load(modules)
    libc.set_thread_name("ichor-zygote")
    libc.overwrite_command_line("zygote")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # it ends with its channel, not before
    decoder = msgspec.json.Decoder(Launch)
    while True:
        raw, fds, _, _ = socket.recv_fds(channel, _MAX_REQUEST, 4, socket.MSG_CMSG_CLOEXEC)
        if not raw:
            os._exit(0)
        launch = decoder.decode(raw)
        if isinstance(launch.program, Daemon) and not launch.program.entry.startswith(within):
            error = f"{launch.program.entry} is no daemon of {within}"
            _answer(channel, Launched(sequence=launch.sequence, error=error), [])
        else:
            _fork_twice(channel, launch, fds)
        for fd in fds:
            os.close(fd)


def _fork_twice(channel: socket.socket, launch: Launch, fds: list[int]) -> None:
    try:
        middle = os.fork()
    except OSError as error:
        _answer(channel, Launched(sequence=launch.sequence, error=str(error)), [])
        return
    if middle:
        os.waitpid(middle, 0)
        return
    try:
        own = os.getpid()
        pid = os.fork()
        if pid == 0:
            _child(launch, fds, own)
        # Its parent is still here, so the pid cannot have been given to another.
        _answer(channel, Launched(sequence=launch.sequence, pid=pid), [os.pidfd_open(pid)])
    except OSError as error:
        _answer(channel, Launched(sequence=launch.sequence, error=str(error)), [])
    finally:
        os._exit(0)


def _answer(channel: socket.socket, answer: Launched, fds: list[int]) -> None:
    socket.send_fds(channel, [msgspec.json.encode(answer)], fds)


def _outlive(middle: int) -> None:
    """Wait until the middle process is gone: from then on machined is our parent."""
    if os.getppid() != middle:
        return
    with suppress(ProcessLookupError):
        fd = os.pidfd_open(middle)
        if os.getppid() == middle:  # else the number may be another's by now
            select.select([fd], [], [])
        os.close(fd)


def _child(launch: Launch, fds: list[int], middle: int) -> NoReturn:
    code = 127
    try:
        os.setsid()
        _take_descriptors(fds)
        if os.read(_GATE, 1) != b"1":
            os._exit(0)
        os.close(_GATE)
        _outlive(middle)
        _reset_signals()
        os.chdir(launch.directory)
        code = _run(launch)
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException as error:  # noqa: BLE001 - the last frame of a process
        sys.excepthook(type(error), error, error.__traceback__)
        code = 127 if isinstance(launch.program, Exec) else 1
    finally:
        _flush()
        os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue


def _take_descriptors(fds: list[int]) -> None:
    """Make the four received descriptors 0..3 and close every other."""
    high = [_above(fd) for fd in fds]
    for target, fd in enumerate(high):
        os.dup2(fd, target, inheritable=target < _GATE)
    libc.close_from(_GATE + 1)


def _above(fd: int) -> int:
    """Give the descriptor a number out of the way of 0..3: some of those may have been closed."""
    spare = [fd]
    while spare[-1] <= _GATE:
        spare.append(os.dup(fd))
    return spare[-1]


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if signal.getsignal(number) is not signal.SIG_DFL and number not in (9, 19):
            signal.signal(number, signal.SIG_DFL)
    # Python itself ignores SIGPIPE; a program must not inherit that, a daemon of ours should.
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _run(launch: Launch) -> int:
    program = launch.program
    if isinstance(program, Exec):
        confine(launch.confinement)
        os.execve(program.argv[0], program.argv, dict(launch.environment))  # noqa: S606 - no shell here
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(launch.environment)
    sys.argv = [launch.name, *program.arguments]
    libc.set_thread_name(launch.name)
    libc.overwrite_command_line(" ".join(sys.argv))
    module, _, function = program.entry.partition(":")
    entry = getattr(importlib.import_module(module), function)
    confine(launch.confinement)
    gc.enable()
    return int(entry(program.arguments) or 0)


def main() -> NoReturn:
    """Be a fresh zygote: arguments are the modules to import."""
    serve(socket.socket(fileno=CHANNEL), tuple(sys.argv[1:]))


if __name__ == "__main__":
    main()
