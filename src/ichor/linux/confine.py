"""Confinement of the process that calls: limits, capabilities, identity, seccomp, in that order.

The order is the theory: limits and the bounding set need privileges, changing the uid takes them
away, and the seccomp filter comes last because it forbids what the steps before it do.
Runs in a freshly forked child: plain files and system calls only.
"""

import os
import platform
import resource

from ichor.errors import InputError
from ichor.formats import bpf
from ichor.formats.seccomp import POLICIES
from ichor.linux import libc
from ichor.resources.runtime.service_spec import Confinement

# include/uapi/linux/capability.h, by number.
_NAMES = (
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable"
    " net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio"
    " sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time"
    " sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog"
    " wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
)
CAPABILITIES: tuple[str, ...] = tuple(_NAMES.split())

# include/uapi/linux/securebits.h: NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE, all locked.
_SECUREBITS = 0b11 | 0b11 << 2 | 0b11 << 6


def confine(wanted: Confinement) -> None:
    """Give up all that is not wanted. After OSError or InputError the caller must not go on."""
    os.umask(wanted.umask)
    os.nice(wanted.nice)
    _set_limits(wanted)
    if wanted.capabilities is not None:
        _drop_bounding(_mask(wanted.capabilities))
    _set_identity(wanted)
    if wanted.no_new_privs or wanted.seccomp:
        libc.prctl(libc.PR_SET_NO_NEW_PRIVS, 1)
    if wanted.seccomp:
        libc.set_seccomp(filter_of(wanted.seccomp, platform.machine()))


def filter_of(policy: str, machine: str) -> bytes:
    if policy not in POLICIES:
        raise InputError(f"{policy!r} is no seccomp policy", hint=f"one of {sorted(POLICIES)}")
    return bpf.pack(bpf.assemble(POLICIES[policy], machine))


def _set_limits(wanted: Confinement) -> None:
    for name, (soft, hard) in wanted.limits.items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}")
        try:
            resource.setrlimit(kind, (soft, hard))
        except (ValueError, PermissionError):
            # Raising a hard limit needs CAP_SYS_RESOURCE, which a container's host may hold back.
            top = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (min(soft, top) if soft >= 0 <= top else top, top))
    if wanted.oom_score_adj is not None:
        _set_oom_score(wanted.oom_score_adj)


def _set_oom_score(value: int) -> None:
    fd = os.open("/proc/self/oom_score_adj", os.O_RDWR | os.O_CLOEXEC)
    try:
        os.write(fd, str(value).encode())
    except PermissionError:
        # Without CAP_SYS_RESOURCE it cannot go below where it is: then it stays there.
        if int(os.pread(fd, 16, 0)) <= value:
            raise
    finally:
        os.close(fd)


def _mask(names: tuple[str, ...]) -> int:
    unknown = set(names) - set(CAPABILITIES)
    if unknown:
        raise InputError(f"{sorted(unknown)} are no capabilities")
    return sum(1 << CAPABILITIES.index(name) for name in names)


def _drop_bounding(keep: int) -> None:
    for number in range(64):
        try:
            held = libc.prctl(libc.PR_CAPBSET_READ, number)
        except OSError:  # EINVAL: above the kernel's last capability
            return
        if held and not keep >> number & 1:
            libc.prctl(libc.PR_CAPBSET_DROP, number)


def _set_identity(wanted: Confinement) -> None:
    if wanted.capabilities is not None:
        libc.prctl(libc.PR_SET_KEEPCAPS, 1)
    if os.geteuid() == 0:
        os.setgroups(list(wanted.groups))
        os.setresgid(wanted.gid, wanted.gid, wanted.gid)
        os.setresuid(wanted.uid, wanted.uid, wanted.uid)
    if wanted.capabilities is not None:
        _keep_only(_mask(wanted.capabilities))


def _keep_only(wanted: int) -> None:
    """Hold exactly these, also across execve, and never get another back."""
    _, permitted, _ = libc.capget()
    kept = permitted & wanted
    # Changing uid cleared the effective set; securebits need CAP_SETPCAP there once more.
    libc.capset(permitted, permitted, kept)
    libc.prctl(libc.PR_CAP_AMBIENT, libc.PR_CAP_AMBIENT_CLEAR_ALL)
    for number in range(len(CAPABILITIES)):
        if kept >> number & 1:
            libc.prctl(libc.PR_CAP_AMBIENT, libc.PR_CAP_AMBIENT_RAISE, number)
    if permitted >> CAPABILITIES.index("setpcap") & 1:
        libc.prctl(libc.PR_SET_SECUREBITS, _SECUREBITS)
    libc.capset(kept, kept, kept)
