"""Whether a kubelet that starts now will be let in."""

from collections.abc import AsyncIterator
from typing import Protocol


class BootstrapAccess(Protocol):
    def snapshots(self) -> AsyncIterator[str]:
        """Yield why the kubelet may start, once it may; nothing before."""
        ...
