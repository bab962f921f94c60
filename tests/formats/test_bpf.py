"""Filters: verdicts of our programs, and the same from libseccomp for the same policy."""

import ctypes
import ctypes.util
import os
import platform
import tempfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import bpf, syscalls
from ichor.formats.bpf import ALLOW, KILL, Call, assemble, errno
from ichor.formats.seccomp import HELPER, NETWORK_DAEMON

EPERM, ENOSYS = errno(1), errno(38)


def verdict(call: str, *arguments: int, machine: str = syscalls.X86_64) -> int:
    padded = (*arguments, 0, 0, 0, 0, 0, 0)
    six = (padded[0], padded[1], padded[2], padded[3], padded[4], padded[5])
    program = assemble(NETWORK_DAEMON, machine)
    nr = syscalls.number(call, machine)
    return bpf.run(program, Call(nr, syscalls.AUDIT_ARCH[machine], six))


@pytest.mark.parametrize(
    ("call", "arguments", "expected"),
    [
        pytest.param("read", (), ALLOW, id="read"),
        pytest.param("execve", (), KILL, id="no-program"),
        pytest.param("execveat", (), KILL, id="no-program-by-descriptor"),
        pytest.param("ptrace", (), KILL, id="no-look-into-others"),
        pytest.param("clone", (0x3D0F00,), ALLOW, id="a-thread"),
        pytest.param("clone", (0x1200011,), EPERM, id="no-fork"),
        pytest.param("clone", (0x10010000,), EPERM, id="no-namespace"),
        pytest.param("clone3", (), ENOSYS, id="clone3-falls-back"),
        pytest.param("mmap", (0, 4096, 3), ALLOW, id="memory"),
        pytest.param("mmap", (0, 4096, 7), EPERM, id="no-writable-code"),
        pytest.param("socket", (2,), ALLOW, id="inet"),
        pytest.param("socket", (17,), EPERM, id="no-packet-socket"),
        pytest.param("socket", (2 | 1 << 32,), ALLOW, id="the-kernel-reads-an-int"),
        pytest.param("kill", (1, 9), EPERM, id="no-signal-to-others"),
        pytest.param("setuid", (0,), EPERM, id="no-other-identity"),
    ],
)
@pytest.mark.parametrize("machine", [syscalls.X86_64, syscalls.AARCH64])
def test_a_network_daemon_may(
    call: str, arguments: tuple[int, ...], expected: int, machine: str
) -> None:
    assert verdict(call, *arguments, machine=machine) == expected


def test_calls_of_another_machine_kill() -> None:
    program = assemble(NETWORK_DAEMON, syscalls.X86_64)
    assert bpf.run(program, Call(0, 0x40000003)) == KILL
    assert bpf.run(program, Call(0x40000000, syscalls.AUDIT_ARCH["x86_64"])) == KILL


def test_calls_we_never_heard_of_do_not_exist() -> None:
    program = assemble(NETWORK_DAEMON, syscalls.X86_64)
    assert bpf.run(program, Call(1000, syscalls.AUDIT_ARCH["x86_64"])) == ENOSYS


@given(
    st.lists(st.builds(bpf.Instruction, *[st.integers(0, n) for n in (65535, 2**32 - 1, 255, 255)]))
)
def test_unpacking_gives_back_what_was_packed(program: list[bpf.Instruction]) -> None:
    assert bpf.unpack(bpf.pack(program)) == tuple(program)


@given(st.binary(max_size=64))
def test_garbage_is_refused_as_a_format_error(raw: bytes) -> None:
    try:
        bpf.run(bpf.unpack(raw), Call(0, 0))
    except FormatError:
        return


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("seccomp")
    if name is None:
        pytest.skip("libseccomp is not installed")
    library = ctypes.CDLL(name)
    library.seccomp_init.restype = ctypes.c_void_p
    return library


def test_every_number_is_libseccomps() -> None:
    library = _library()
    for machine, column in ((syscalls.X86_64, 0), (syscalls.AARCH64, 1)):
        for name, numbers in syscalls.TABLE.items():
            resolved = library.seccomp_syscall_resolve_name_arch(
                syscalls.AUDIT_ARCH[machine], name.encode()
            )
            assert max(resolved, -1) == numbers[column], name


class _Compare(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def _peer_program(library: ctypes.CDLL) -> tuple[bpf.Instruction, ...]:
    """Give libseccomp's filter for our rules (first match for a call wins with us)."""
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(NETWORK_DAEMON.default)))
    for rule in NETWORK_DAEMON.rules:
        nr = syscalls.number(rule.call, platform.machine())
        if nr < 0 or rule.verdict == NETWORK_DAEMON.default or rule.call in ("mmap", "mprotect"):
            continue
        compare = (_Compare * 6)(*[_Compare(w.position, 7, w.mask, w.value) for w in rule.where])
        code = library.seccomp_rule_add_array(
            context, ctypes.c_uint32(rule.verdict), nr, len(rule.where), compare
        )
        assert code == 0, (rule, code)
    with tempfile.TemporaryFile() as file:
        assert library.seccomp_export_bpf(context, file.fileno()) == 0
        program = bpf.unpack(os.pread(file.fileno(), 1 << 20, 0))
    library.seccomp_release(context)
    return program


@pytest.fixture(scope="module")
def peer() -> tuple[bpf.Instruction, ...]:
    return _peer_program(_library())


ARGUMENT = st.one_of(
    st.integers(0, 20),
    st.sampled_from([0x3D0F00, 0x1200011, 0x10010000, 0x5421, 0x5413, 1 << 32, (1 << 64) - 1]),
    st.integers(0, (1 << 64) - 1),
)
KNOWN = sorted(
    numbers[platform.machine() == syscalls.AARCH64]
    for name, numbers in syscalls.TABLE.items()
    if name not in ("mmap", "mprotect") and numbers[platform.machine() == syscalls.AARCH64] >= 0
)


@settings(max_examples=400)
@given(st.sampled_from(KNOWN), st.tuples(*[ARGUMENT] * 6))
def test_libseccomp_gives_the_same_verdicts(
    peer: tuple[bpf.Instruction, ...], nr: int, arguments: tuple[int, int, int, int, int, int]
) -> None:
    """mmap and mprotect are left out: libseccomp has no order of rules for one call."""
    call = Call(nr, syscalls.AUDIT_ARCH[platform.machine()], arguments)
    assert bpf.run(assemble(NETWORK_DAEMON, platform.machine()), call) == bpf.run(peer, call)


@pytest.mark.parametrize("call", ["socket", "connect", "bind", "socketpair", "accept4"])
def test_a_helper_opens_no_socket(call: str) -> None:
    number = syscalls.number(call, syscalls.X86_64)
    asked = Call(number, syscalls.AUDIT_ARCH[syscalls.X86_64], (1, 1, 0, 0, 0, 0))
    assert bpf.run(assemble(HELPER, syscalls.X86_64), asked) == EPERM
    assert verdict(call, 1, 1) == ALLOW
