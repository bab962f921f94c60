"""uname(2), sethostname(2), setdomainname(2)."""

import os
from pathlib import Path

from ichor.linux import libc
from ichor.ports.uts import Names


class KernelUts:
    def observe(self) -> Names:
        domain = Path("/proc/sys/kernel/domainname").read_text(encoding="utf-8").rstrip("\n")
        return Names(host=os.uname().nodename, domain=domain)

    def apply(self, action: Names) -> None:
        libc.sethostname(action.host)
        libc.setdomainname(action.domain)
