"""Masquerading by nftables: one table of ours, replaced as a whole in one transaction.

The table bears the digest of its rules as its comment; that is how they are recognised.
"""

import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Final

from ichor.errors import TransientError
from ichor.linux.process import Reaper
from ichor.linux.tool import run
from ichor.ports.masquerade import Masquerade, SetMasquerades, digest

TABLE: Final = "inet ichor_pods"
_COMMENT: Final = re.compile(rb'^\s*comment "([0-9a-f]+)"', re.MULTILINE)
_MULTICAST: Final = {4: "224.0.0.0/4", 6: "ff00::/8"}


class NftMasquerading:
    def __init__(self, reaper: Reaper, nft: str = "/usr/bin/nft") -> None:
        self._reaper = reaper
        self._nft = nft

    async def observe(self) -> str:
        done = await run(self._reaper, (self._nft, "list", "table", *TABLE.split()))
        found = _COMMENT.search(done.output) if done.is_success else None
        return found[1].decode() if found else ""

    async def apply(self, action: SetMasquerades) -> None:
        done = await run(self._reaper, (self._nft, "-f", "-"), script(action.rules).encode())
        if not done.is_success:
            raise TransientError(
                f"nft: {done.errors.splitlines()[0] if done.errors else done.exit}"
            )


def script(rules: Sequence[Masquerade]) -> str:
    """Write what nft(8) reads; adding before deleting makes deleting succeed always."""
    head = f"add table {TABLE}\ndelete table {TABLE}\n"
    if not rules:
        return head
    lines = "".join(f"    {rule(one)}\n" for one in rules)
    return (
        f"{head}table {TABLE} {{\n"
        f'  comment "{digest(rules)}"\n'
        "  chain postrouting {\n"
        "    type nat hook postrouting priority srcnat; policy accept;\n"
        f"{lines}  }}\n}}\n"
    )


def rule(one: Masquerade) -> str:
    version = ip_network(one.source).version
    family = "ip" if version == 4 else "ip6"
    inside = ", ".join((*one.inside, _MULTICAST[version]))
    return f"{family} saddr {one.source} {family} daddr != {{ {inside} }} masquerade fully-random"
