"""Seccomp filters: a policy as data -> classic BPF, and a machine to run one in a test.

    load arch;  another arch -> kill            (an x86_64 kernel also runs i386 calls)
    load nr;    x32 bit set  -> kill
    for each rule:   jeq nr, next rule unless equal; [compare arguments]; return its verdict
    nr above the highest we know -> ENOSYS      (a libc of tomorrow falls back to an older call)
    return the default

Rules are tried in order; several for one call are alternatives. Linear search is no cost: since
5.11 the kernel caches verdicts that depend on the number alone (kernel/seccomp.c, action cache).
struct seccomp_data: int nr; u32 arch; u64 instruction_pointer; u64 args[6].
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ichor.errors import FormatError
from ichor.formats import syscalls

# include/uapi/linux/seccomp.h
KILL = 0x80000000
ALLOW = 0x7FFF0000
LOG = 0x7FFC0000

# include/uapi/linux/bpf_common.h
LD_W_ABS = 0x20
JMP_JA = 0x05
JMP_JEQ_K = 0x15
JMP_JGT_K = 0x25
JMP_JGE_K = 0x35
ALU_AND_K = 0x54
RET_K = 0x06

OFFSET_NR, OFFSET_ARCH, OFFSET_ARGS = 0, 4, 16
X32_BIT = 0x40000000
ENOSYS = 38
_WORD = 0xFFFFFFFF


def errno(code: int) -> int:
    """Give the verdict «fail with this errno»."""
    return 0x00050000 | code


class Masked(NamedTuple):
    """Holds if `arguments[position] & mask == value`, over 64 bits."""

    position: int
    mask: int
    value: int


class Rule(NamedTuple):
    call: str
    verdict: int
    where: tuple[Masked, ...] = ()


class Policy(NamedTuple):
    """What a process may call; `default` holds for calls that we know but no rule names."""

    rules: tuple[Rule, ...]
    default: int


class Instruction(NamedTuple):
    code: int
    k: int
    jt: int = 0
    jf: int = 0

    def pack(self) -> bytes:
        """Struct sock_filter: u16 code, u8 jt, u8 jf, u32 k, in the machine's (little) order."""
        return struct.pack("<HBBI", self.code, self.jt, self.jf, self.k)


def assemble(policy: Policy, machine: str) -> tuple[Instruction, ...]:
    """Give the filter of a policy for a machine. Raises InputError for an unknown call."""
    head = [
        Instruction(LD_W_ABS, OFFSET_ARCH),
        Instruction(JMP_JEQ_K, syscalls.AUDIT_ARCH[machine], jt=1),
        Instruction(RET_K, KILL),
        Instruction(LD_W_ABS, OFFSET_NR),
    ]
    if machine == syscalls.X86_64:
        head += [Instruction(JMP_JGE_K, X32_BIT, jf=1), Instruction(RET_K, KILL)]
    highest = max(syscalls.number(name, machine) for name in syscalls.TABLE)
    tail = [
        Instruction(JMP_JGT_K, highest, jf=1),
        Instruction(RET_K, errno(ENOSYS)),
        Instruction(RET_K, policy.default),
    ]
    return (*head, *_body(policy.rules, machine), *tail)


def _body(rules: Iterable[Rule], machine: str) -> Iterator[Instruction]:
    for rule in rules:
        nr = syscalls.number(rule.call, machine)
        if nr < 0:
            continue
        compare = list(_compare(rule.where))
        # Comparing clobbers the accumulator: the number is loaded again when one fails.
        reload = [Instruction(LD_W_ABS, OFFSET_NR)] if compare else []
        yield Instruction(JMP_JEQ_K, nr, jf=len(compare) + 1 + len(reload))
        yield from compare
        yield Instruction(RET_K, rule.verdict)
        yield from reload


def _compare(where: tuple[Masked, ...]) -> Iterator[Instruction]:
    """Yield tests of all words; a failing one jumps behind the RET that follows the last."""
    words = [(each, half) for each in where for half in (0, 1)]
    for at, (each, half) in enumerate(words):
        shift = 32 * half
        yield Instruction(LD_W_ABS, OFFSET_ARGS + 8 * each.position + 4 * half)
        yield Instruction(ALU_AND_K, (each.mask >> shift) & _WORD)
        left = 3 * (len(words) - at - 1)
        yield Instruction(JMP_JEQ_K, (each.value >> shift) & _WORD, jf=left + 1)


def pack(program: Iterable[Instruction]) -> bytes:
    """Give the array of struct sock_filter that prctl(2) PR_SET_SECCOMP takes."""
    return b"".join(each.pack() for each in program)


def unpack(raw: bytes) -> tuple[Instruction, ...]:
    if len(raw) % 8:
        raise FormatError("a multiple of 8 bytes", offset=len(raw))
    return tuple(
        Instruction(code, k, jt, jf) for code, jt, jf, k in struct.iter_unpack("<HBBI", raw)
    )


class Call(NamedTuple):
    """struct seccomp_data without the instruction pointer, which no policy of ours reads."""

    nr: int
    arch: int
    arguments: tuple[int, int, int, int, int, int] = (0, 0, 0, 0, 0, 0)

    def word(self, offset: int) -> int:
        raw = struct.pack("<iIQ6Q", self.nr, self.arch, 0, *self.arguments)
        return int.from_bytes(raw[offset : offset + 4], "little")


def run(program: tuple[Instruction, ...], call: Call) -> int:
    """Give the filter's verdict on a call, as the kernel would. Raises FormatError.

    Stands for the kernel in tests of a policy; only the instructions that filters use.
    """
    accumulator = at = 0
    while at < len(program):
        code, k, jt, jf = program[at]
        at += 1
        if code == RET_K:
            return k
        if code == LD_W_ABS:
            accumulator = call.word(k)
        elif code == ALU_AND_K:
            accumulator &= k
        elif code == JMP_JA:
            at += k
        else:
            at += jt if _holds(code, accumulator, k, at) else jf
    raise FormatError("a RET at the end", offset=8 * at)


def _holds(code: int, accumulator: int, k: int, at: int) -> bool:
    tests = {JMP_JEQ_K: accumulator == k, JMP_JGT_K: accumulator > k, JMP_JGE_K: accumulator >= k}
    if code not in tests:
        raise FormatError(f"an instruction of a seccomp filter, not {code:#x}", offset=8 * at)
    return tests[code]
