"""Try to have the image's program run what is not the image's; PID 1 of namespaces of its own.

    unshare ... python -m tests.image.sealed_world TREE INTERPRETER LIBRARY

TREE is a built root, INTERPRETER an ordinary one of the same build, which shows that each attempt
is one that works where nothing is sealed; LIBRARY a shared object that leaves a mark when loaded.
Prints JSON: by attempt, what each did. Every mount is this process's own.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import msgspec

from ichor.linux import libc
from ichor.linux.zygote import Launch, Launched
from ichor.resources.runtime.service_spec import Daemon

EVIL = "/tmp/evil"
MARK = "/tmp/ran"
# Needs nothing but what is built in: `encodings` runs it before there is an `open`.
CODE = f"import posix; posix.close(posix.open({MARK!r}, posix.O_CREAT | posix.O_WRONLY))\n"
PLAIN = "/tmp/python"
INIT = "/usr/bin/init"
LIBRARY = "lib/python3.13"


class Attempt(NamedTuple):
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    directory: str = "/"
    stdin: str = ""


ATTEMPTS: Mapping[str, Attempt] = {
    "code": Attempt(("-c", CODE)),
    "module": Attempt(("-m", "mark"), {"PYTHONPATH": EVIL}),
    "script": Attempt((f"{EVIL}/mark.py",)),
    "stdin": Attempt(("-",), stdin=CODE),
    "interactive": Attempt(("-i",), stdin=CODE),
    "archive": Attempt((f"{EVIL}/mark.zip",)),
    "folder": Attempt((f"{EVIL}/folder",)),
    "path": Attempt(("-c", "import mark"), {"PYTHONPATH": EVIL}),
    "archive on the path": Attempt(("-c", "import zipped"), {"PYTHONPATH": f"{EVIL}/lib.zip"}),
    "site": Attempt(("-c", ""), {"PYTHONPATH": f"{EVIL}/site"}),
    "home": Attempt(("-c", ""), {"PYTHONHOME": f"{EVIL}/home"}),
    "startup": Attempt(("-i",), {"PYTHONSTARTUP": f"{EVIL}/mark.py"}),
    "inspect": Attempt((), {"PYTHONINSPECT": "1"}, stdin=CODE),
    "user's .pth": Attempt(("-c", ""), {"PYTHONUSERBASE": f"{EVIL}/user"}),
    "working directory": Attempt(("-c", "import socket"), directory=f"{EVIL}/shadow"),
    "libraries": Attempt(
        ("-c", "import ctypes; ctypes.CDLL('libcryptsetup.so.12')"),
        {"LD_LIBRARY_PATH": f"{EVIL}/libraries"},
    ),
    "warnings": Attempt(("-c", ""), {"PYTHONPATH": EVIL, "PYTHONWARNINGS": "error::mark.X"}),
    "OpenSSL's settings": Attempt(
        ("-c", "import _ssl; _ssl._SSLContext(_ssl.PROTOCOL_TLS_CLIENT)"),
        {"OPENSSL_CONF": f"{EVIL}/openssl.cnf"},
    ),
}
# Whether users of an object of the image are counted: what the zygote shares is not written to.
COUNTED = """
def counted():
    before = sys.getrefcount(ctypes.CDLL.__init__.__code__)
    held = [ctypes.CDLL.__init__.__code__]
    return sys.getrefcount(held[0]) > before
"""
# What code of the image could be brought to do, had somebody found a way to ask it: by name.
PROBE = f"""
import ctypes, sys, zipimport
{COUNTED}
def foreign(name):
    sys.path.append({EVIL!r})
    try:
        __import__(name)
    finally:
        sys.path.remove({EVIL!r})
DEEDS = {{
    "text": lambda: exec("1"),
    "expression": lambda: eval("1"),
    "compile": lambda: compile("1", "/usr/lib/ichor/x.py", "exec"),
    "code": lambda: foreign.__code__.replace(co_name="x"),
    "source": lambda: foreign("mark"),
    "byte code": lambda: foreign("bytes_only"),
    "extension": lambda: foreign("loaded"),
    "archive": lambda: zipimport.zipimporter({EVIL!r} + "/lib.zip").load_module("zipped"),
    "library": lambda: ctypes.CDLL({EVIL!r} + "/loaded.so"),
    "library by its name": lambda: ctypes.CDLL("libcryptsetup.so.12"),
    "C interface": lambda: ctypes.pythonapi.PyRun_SimpleString({CODE!r}.encode()),
}}
def main(arguments):
    print("counted", counted(), sep=": ")
    for name, deed in DEEDS.items():
        try:
            deed()
            print(name, "done", sep=": ")
        except BaseException as err:
            print(name, type(err).__name__, sep=": ")
"""
# Makes byte code without py_compile, which the image lacks: header (PEP 552), marshalled code.
MAKE = """
import marshal, sys
from importlib.util import MAGIC_NUMBER
shown, target = sys.argv[1:]
code = marshal.dumps(compile(sys.stdin.read(), shown, "exec"))
open(target, "wb").write(MAGIC_NUMBER + b"\\1" + bytes(11) + code)
"""
SIGNER = "/usr/lib/ichor/ichor/apps/signer/main.py"
OPENSSL = f"""\
openssl_conf = start
[start]
providers = all
[all]
evil = evil
[evil]
module = {EVIL}/loaded.so
activate = 1
"""


def main() -> None:
    tree, interpreter, library = map(Path, sys.argv[1:])
    mount("--bind", str(tree), str(tree))
    mount("-o", "remount,bind,ro", str(tree))
    for name, options in (("tmp", "mode=1777"), ("var", "noexec"), ("run", "noexec")):
        mount("-t", "tmpfs", "-o", options, "ichor", str(tree / name))
    mount("-t", "proc", "proc", str(tree / "proc"))
    (tree / "tmp/python").write_bytes(interpreter.read_bytes())
    (tree / "tmp/python").chmod(0o755)
    plant(tree / EVIL.lstrip("/"), library.read_bytes())
    (tree / "var/loaded.so").write_bytes(library.read_bytes())
    os.chroot(tree)
    found: dict[str, object] = {name: tried(each) for name, each in ATTEMPTS.items()}
    for folder in ("/tmp/evil", "/var"):
        preload = Attempt(environment={"LD_PRELOAD": f"{folder}/loaded.so"})
        found[f"preload {folder}"] = tried(preload)
    found["probe"] = probed()
    found["pod"] = podded(Attempt(("-c", CODE), {"container": "pod", "PYTHONPATH": EVIL}))
    found["nobody asks"] = alone(Attempt(("-c", CODE)))
    found["a stranger asks"] = strange()
    json.dump(found, sys.stdout)


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def plant(evil: Path, library: bytes) -> None:
    """Put what would leave the mark wherever an interpreter looks for code."""
    files = {
        "mark.py": CODE,
        "folder/__main__.py": CODE,
        "site/sitecustomize.py": CODE,
        f"home/{LIBRARY}/encodings/__init__.py": CODE,
        f"home/{LIBRARY}/os.py": "",
        f"user/{LIBRARY}/site-packages/x.pth": f"import sys; {CODE}",
        "shadow/socket.py": CODE,
        "openssl.cnf": OPENSSL,
    }
    for name, text in files.items():
        (evil / name).parent.mkdir(parents=True, exist_ok=True)
        (evil / name).write_text(text)
    (evil / "loaded.so").write_bytes(library)
    (evil / "libraries").mkdir()
    (evil / "libraries/libcryptsetup.so.12").write_bytes(library)
    for archive, name in (("mark.zip", "__main__.py"), ("lib.zip", "zipped.py")):
        with ZipFile(evil / archive, "w") as file:
            file.writestr(name, CODE)


def tried(attempt: Attempt) -> Mapping[str, object]:
    """Give whether an ordinary interpreter ran the code, whether ours did, and how ours served."""
    Path(MARK).unlink(missing_ok=True)
    spawn(PLAIN, attempt, None)
    plain = Path(MARK).exists()
    Path(MARK).unlink(missing_ok=True)
    answer = asked(attempt)
    return {"plain": plain, "sealed": Path(MARK).exists(), "answer": answer}


def asked(attempt: Attempt) -> str:
    """Start ours as PID 1 does, ask it for what is no daemon of ours; give what it says to that."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        pid = begin(INIT, attempt, theirs)
        theirs.close()
        ours.settimeout(60)
        request = Launch(sequence=1, name="x", program=Daemon(entry="os:abort"))
        socket.send_fds(ours, [msgspec.json.encode(request)], [ours.fileno()] * 4)
        try:
            raw = socket.recv_fds(ours, 4096, 1)[0]
        except OSError as err:
            return f"{err} (status {status(pid)})"
    status(pid)
    return msgspec.json.decode(raw, type=Launched).error if raw else "nothing"


def probed() -> Mapping[str, object]:
    """Have a probe in the place of a daemon of ours: what it could do, there and elsewhere."""
    # It says to be of the image, as it would if somebody meant to deceive.
    made = (("bytes_only", CODE, "/usr/lib/ichor/x.py"), ("probe", PROBE, SIGNER))
    for name, text, shown in made:
        argv = ("-c", MAKE, shown, f"{EVIL}/{name}.pyc")
        assert spawn(PLAIN, Attempt(argv, stdin=text), None) == 0
    ran = Path(MARK)
    ran.unlink(missing_ok=True)
    told, tell = os.pipe()
    spawn(PLAIN, Attempt(("-c", f"{PROBE}\nmain(())")), None, tell)
    plain = [os.read(told, 1 << 16).decode().splitlines(), ran.exists()]
    ran.unlink()
    libc.mount(f"{EVIL}/probe.pyc", f"{SIGNER}c", flags=libc.MS_BIND)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        # Behind more settings than it keeps.
        many = {f"ICHOR_{number}": "" for number in range(100)}
        misled = Attempt(environment={**many, "LD_LIBRARY_PATH": f"{EVIL}/libraries"})
        pid = begin(INIT, misled, theirs)
        theirs.close()
        gate, opened = os.pipe()
        request = Launch(sequence=1, name="x", program=Daemon(entry="ichor.apps.signer.main:main"))
        socket.send_fds(ours, [msgspec.json.encode(request)], [gate, tell, tell, gate])
        socket.recv_fds(ours, 4096, 1)
        os.write(opened, b"1")
        os.close(tell)
        with os.fdopen(told) as file:
            sealed = file.read().splitlines()
    status(pid)
    return {"plain": plain, "sealed": [sealed, ran.exists()]}


def alone(attempt: Attempt) -> tuple[int, bool]:
    """Start ours as anybody could; give its status and whether it ran the code."""
    Path(MARK).unlink(missing_ok=True)
    return spawn(INIT, attempt, None), Path(MARK).exists()


def podded(attempt: Attempt) -> tuple[int, bool]:
    """Start ours as PID 1 of a pod that has the node's root mounted, and no capabilities."""
    Path(MARK).unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        libc.unshare(libc.CLONE_NEWPID)
        with suppress(OSError):  # EINVAL: above the kernel's last
            for number in range(64):
                libc.prctl(libc.PR_CAPBSET_DROP, number)
        os._exit(spawn(INIT, attempt, None) & 0xFF)
    return status(pid), Path(MARK).exists()


def strange() -> int:
    """Start ours with a channel that is not PID 1's; give its status."""
    pid = os.fork()
    if pid == 0:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            os._exit(spawn(INIT, Attempt(), theirs))
    return status(pid)


def spawn(
    program: str, attempt: Attempt, channel: socket.socket | None, output: int | None = None
) -> int:
    return status(begin(program, attempt, channel, output))


def begin(
    program: str, attempt: Attempt, channel: socket.socket | None, output: int | None = None
) -> int:
    given = os.memfd_create("stdin")
    os.write(given, attempt.stdin.encode())
    os.lseek(given, 0, os.SEEK_SET)
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        os.dup2(given, 0)
        os.dup2(2 if output is None else output, 1)
        if channel is not None:
            os.dup2(channel.fileno(), 3)
        os.chdir(attempt.directory)
        os.execve(program, [program, *attempt.arguments], {"HOME": "/tmp", **attempt.environment})
    os.close(given)
    return pid


def status(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
