"""Whether etcd can do without this machine's member for as long as a reboot takes."""

from datetime import timedelta
from typing import Protocol


class Quorum(Protocol):
    async def check(self) -> None:
        """Raises Conflict, with the reason, where it could not. A machine without one may go."""
        ...

    async def claim(self, longest: timedelta) -> None:
        """Do the same, and let no other machine go until this one has ended, or that long."""
        ...

    def release(self) -> None:
        """Give the claim back: it does not go after all."""
        ...
