"""What routers have said of name servers, for as long as it holds (RFC 8106, 5.3).

A server or domain that several routers tell, or one tells again, holds as long as was said last;
a lifetime of 0 takes it back. Time is seconds of any clock that does not jump.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ichor.protocols.netlink.router_option import FOREVER, RouterOption

_MOST: Final = 16  # of each on a link: anybody there may say anything


class Known(NamedTuple):
    """In the order in which they were heard of first."""

    servers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


class RouterOptions:
    def __init__(self) -> None:
        self._ends: dict[int, dict[tuple[str, bool], float]] = {}

    def hear(self, option: RouterOption, now: float) -> None:
        ends = self._ends.setdefault(option.ifindex, {})
        self._forget_old(now)
        said = [(one, True) for one in option.servers] + [(one, False) for one in option.domains]
        for key in said:
            if not option.lifetime:
                ends.pop(key, None)
            elif key in ends or sum(one[1] is key[1] for one in ends) < _MOST:
                ends[key] = float("inf") if option.lifetime == FOREVER else now + option.lifetime

    def forget(self, index: int) -> None:
        """Forget a link that is gone, or carries no more: there may be other routers behind it.

        Nobody tells of them by himself soon: whoever forgets asks once it carries again.
        """
        self._ends.pop(index, None)

    def known(self, now: float) -> Mapping[int, Known]:
        self._forget_old(now)
        return {
            index: Known(_of(ends, servers=True), _of(ends, servers=False))
            for index, ends in self._ends.items()
            if ends
        }

    def next_end(self) -> float:
        """Give when something of it ends; infinity for never."""
        ends = (end for held in self._ends.values() for end in held.values())
        return min(ends, default=float("inf"))

    def _forget_old(self, now: float) -> None:
        for ends in self._ends.values():
            for key in [key for key, end in ends.items() if end <= now]:
                del ends[key]


def _of(keys: Iterable[tuple[str, bool]], *, servers: bool) -> tuple[str, ...]:
    return tuple(name for name, is_server in keys if is_server is servers)
