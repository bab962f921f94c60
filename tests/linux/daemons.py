"""Toy daemons for the zygote's tests."""

import asyncio
import fcntl
import importlib
import mmap
import os
import random
import signal
import socket
import ssl
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from ichor.dashboard.lines import Span
from ichor.dashboard.terminal import Terminal
from ichor.linux.helper import serve_once

_LIFE_S = 120  # a toy ends by itself, should its test be killed


def report(arguments: tuple[str, ...]) -> int:
    """Print how a daemon finds itself, and end with code 3."""
    print("name", Path("/proc/self/comm").read_text().strip())
    print("cmdline", Path("/proc/self/cmdline").read_text().rstrip("\0"))
    print("parent", os.getppid())
    print("descriptors", sorted(int(fd.name) for fd in Path("/proc/self/fd").iterdir())[:4])
    print("session", os.getsid(0) == os.getpid())
    print("term", signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
    print("random", random.random())
    print("environment", sorted(os.environ))
    return 3


def picture(arguments: tuple[str, ...]) -> int:
    """Paint on the terminal that it was given, and try to type on it."""
    with Terminal(sys.stdin.fileno(), sys.stdout.fileno()) as terminal:
        columns, rows = terminal.size()
        terminal.paint([(Span(f"{columns} by {rows}"),)])
        try:
            fcntl.ioctl(sys.stdin.fileno(), termios.TIOCSTI, b"x")
        except OSError as error:
            print("typing", error.errno, file=sys.stderr)
    print("priority", os.getpriority(os.PRIO_PROCESS, 0), file=sys.stderr)
    return 0


def idle(arguments: tuple[str, ...]) -> int:
    signal.alarm(_LIFE_S)
    print("idle", flush=True)
    while True:
        signal.pause()


def stubborn(arguments: tuple[str, ...]) -> int:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    parent = os.fork()
    signal.alarm(_LIFE_S)
    if parent:
        print("stubborn", flush=True)
    while True:
        time.sleep(3600)


def crash(arguments: tuple[str, ...]) -> int:
    raise RuntimeError("a toy breaks")


def orphans(arguments: tuple[str, ...]) -> int:
    """Leave a grandchild that ends by itself."""
    if os.fork() == 0:
        os._exit(0)
    sys.stdout.flush()
    return 0


def confined(arguments: tuple[str, ...]) -> NoReturn:
    """Print what is left of our powers, then try to start a program."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(("Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp:")):
            print(*line.split())
    for kind in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
        socket.socket(kind).close()
    thread = threading.Thread(target=print, args=("thread",))
    thread.start()
    thread.join()
    for name, forbidden in FORBIDDEN.items():
        try:
            forbidden()
            print(name, "allowed")
        except OSError as error:
            print(name, error.errno)
    sys.stdout.flush()
    os.execv("/bin/true", ["/bin/true"])


def from_memory(arguments: tuple[str, ...]) -> NoReturn:
    """Start a program that no file system has (memfd_create, execveat)."""
    program = os.memfd_create("program")
    os.write(program, Path("/bin/true").read_bytes())
    print("in memory", flush=True)
    os.execve(program, ["true"], {})


FORBIDDEN: dict[str, Callable[[], object]] = {
    "fork": os.fork,
    "packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "setuid": lambda: os.setuid(0),
    "kill": lambda: os.kill(os.getppid(), 9),
    "map": lambda: mmap.mmap(-1, 4096, prot=7),
    "memory": lambda: os.open("/proc/self/mem", os.O_RDWR),
}


def serve(arguments: tuple[str, ...]) -> int:
    """Do under confinement what apid and its like do, and say so."""
    return asyncio.run(_serve(Path(arguments[0])))


async def _serve(directory: Path) -> int:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    tcp = await asyncio.start_server(echo, "127.0.0.1", 0)
    unix = await asyncio.start_unix_server(echo, directory / "socket")
    port = tcp.sockets[0].getsockname()[1]
    for opened in (
        asyncio.open_connection("localhost", port),
        asyncio.open_unix_connection(directory / "socket"),
    ):
        reader, writer = await opened
        writer.write(b"hello\n")
        print((await reader.readline()).decode().strip())
        writer.close()
    tcp.close()
    unix.close()
    (directory / "new").write_text("x")
    (directory / "new").rename(directory / "file")
    await asyncio.to_thread((directory / "file").read_text)
    for late in ("_elementtree", "sqlite3", "ssl", "google.protobuf.message"):
        importlib.import_module(late)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).set_ciphers("ECDHE+AESGCM")
    print(os.urandom(4) != os.urandom(4), os.cpu_count())
    print("served")
    return 0


def upper(arguments: tuple[str, ...]) -> int:
    """Answer in capitals, as a helper does."""
    request, channel = serve_once()
    with channel:
        if request == b"hang":
            signal.pause()
        channel.sendall(request.upper())
    return 1 if request == b"fail" else 0
