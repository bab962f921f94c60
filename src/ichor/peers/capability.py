"""Which capabilities this process could hand on: its bounding set, proc(5)."""

from pathlib import Path

# include/uapi/linux/capability.h, in order of number.
_NUMBERED = """
CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER
SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE
SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP
MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF
CHECKPOINT_RESTORE
"""
NAMES = tuple(f"CAP_{name}" for name in _NUMBERED.split())


def bounding() -> tuple[str, ...]:
    """Give the names of the bounding set; a container may be given no more."""
    for line in Path("/proc/self/status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == "CapBnd":
            return names(int(value, 16))
    return ()


def names(mask: int) -> tuple[str, ...]:
    return tuple(name for number, name in enumerate(NAMES) if mask >> number & 1)
