"""What a process holds for its callers, in bytes: bounded in sum, whoever calls and however many.

    headers, chunks unread, a message being joined, in use or being sent ─► Stream.held ─► Budget

Over the limit the call that holds most is ended with RESOURCE_EXHAUSTED, the newest of equals: so
little calls get through beside large ones, whose callers may try again. What Python adds to each
piece is counted too, or a window full of one-byte frames would weigh a hundred times its size.
One connection is bounded by its windows and its number of streams (`engine.Limits`).
"""

from typing import Final, Protocol

from ichor.rpc.metadata import Fields
from ichor.rpc.status import Code, RpcError

# Of CPython 3.13, by tracemalloc: a call with its task, streams and handler; a header as received
# and as decoded; a chunk in its queue.
_CALL: Final = 16 << 10
_FIELD: Final = 320
CHUNK: Final = 160
DEFAULT: Final = 64 << 20


def cost_of(fields: Fields) -> int:
    """Give what a call with these headers is counted for at least."""
    return _CALL + sum(_FIELD + 2 * (len(name) + len(value)) for name, value in fields)


def exhausted() -> RpcError:
    return RpcError(Code.RESOURCE_EXHAUSTED, "too much is held for callers, this call held most")


class Holder(Protocol):
    held: int

    def exhaust(self) -> None:
        """End, giving back all that is held."""
        ...


class Budget:
    """limit: bytes. Shared by all servers and channels that serve the same callers."""

    def __init__(self, limit: int = DEFAULT) -> None:
        self.limit = limit
        self.held = 0
        self._holders: dict[Holder, None] = {}

    def take(self, holder: Holder, count: int) -> None:
        """Count for a holder; whoever holds most has ended when this returns, if it was too much.

        That may be the holder itself.
        """
        holder.held += count
        self.held += count
        self._holders[holder] = None
        while self.held > self.limit:
            max(reversed(self._holders), key=_held).exhaust()

    def give(self, holder: Holder, count: int) -> None:
        """Count back, no more than the holder has."""
        count = min(count, holder.held)
        holder.held -= count
        self.held -= count
        if not holder.held:
            self._holders.pop(holder, None)


def _held(holder: Holder) -> int:
    return holder.held
