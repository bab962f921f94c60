"""Talk to a keeper: one request a connection, one JSON line each way, on a unix socket.

The socket lies in the node's directory, which only its owner may enter. Its path is reached through
a descriptor of the directory, because an address of AF_UNIX holds 107 octets (unix(7)) and a home
may be deeper.
"""

import enum
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from ichor.errors import TransientError
from ichor.provision.life import Status

SOCKET = "keeper.sock"
_ANSWER = timedelta(seconds=10)


class Verb(enum.Enum):
    """What a keeper can be asked for.

    stop: ask init to power off, then insist. kill: end init hard, as a crash. cut: end init hard
    and stay stopped. shutdown: cut, then end the keeper too. next: answer once init was started
    more than `seen` times.
    """

    STATUS = "status"
    START = "start"
    STOP = "stop"
    KILL = "kill"
    CUT = "cut"
    NEXT = "next"
    SHUTDOWN = "shutdown"


class Request(Struct, frozen=True, kw_only=True):
    """grace_s: how long a stop may take before init is killed."""

    verb: Verb
    grace_s: float = 30.0
    seen: int = 0


class Answer(Struct, frozen=True, kw_only=True):
    """error: empty if it was done."""

    status: Status
    error: str = ""


@contextmanager
def address(directory: Path, name: str = SOCKET) -> Generator[str]:
    """Give a short path to the keeper's socket, or another one, good while in the block."""
    fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{name}"
    finally:
        os.close(fd)


def call(
    directory: Path, verb: Verb, *, grace: timedelta = timedelta(seconds=30), seen: int = 0
) -> Status:
    """Ask the keeper of the node in this directory. Raises TransientError if there is none."""
    request = Request(verb=verb, grace_s=grace.total_seconds(), seen=seen)
    try:
        with address(directory) as path, socket.socket(socket.AF_UNIX) as link:
            link.settimeout((_ANSWER + grace).total_seconds())
            link.connect(path)
            link.sendall(msgspec.json.encode(request) + b"\n")
            with link.makefile("rb") as stream:
                line = stream.readline()
    except OSError as err:
        raise TransientError(f"the keeper of {directory.name} does not answer: {err}") from err
    if not line:
        raise TransientError(f"the keeper of {directory.name} hung up")
    answer = msgspec.json.decode(line, type=Answer)
    if answer.error:
        raise TransientError(answer.error)
    return answer.status
