"""What this kernel and this process's capabilities allow, and whom the image trusts: found once."""

import os
from pathlib import Path
from typing import Final

from ichor.linux import libc
from ichor.linux.cgroup import CGROUP2_SUPER_MAGIC
from ichor.resources.runtime.host import HostFacts
from ichor.resources.secrets.roots import ImageRoots

_SYS_RESOURCE: Final = 24  # include/uapi/linux/capability.h
_ROOTS: Final = Path("/etc/ssl/certs/ca-certificates.crt")


def facts() -> HostFacts:
    return HostFacts(
        is_container=bool(os.environ.get("container")),  # noqa: SIM112 - its name
        cgroup_v1=libc.filesystem_magic("/sys/fs/cgroup") != CGROUP2_SUPER_MAGIC,
        restricts_oom=not _bounding() >> _SYS_RESOURCE & 1,
        has_apparmor=False,
        has_ipv6=Path("/proc/net/if_inet6").exists(),
    )


def roots() -> ImageRoots:
    """Give whom the image trusts; to be asked before anything is bound over its file."""
    return ImageRoots(certificates=_ROOTS.read_text(encoding="ascii") if _ROOTS.exists() else "")


def _bounding() -> int:
    """Give the capabilities no child of ours can exceed (proc_pid_status(5))."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapBnd:"):
            return int(line.split()[1], 16)
    return 0
