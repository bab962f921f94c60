"""How often one address may be wrong: a bucket of mistakes that empties with time.

    full bucket -> not listened to until one mistake has dripped out

An address of IPv6 counts as its /64, which is what one machine has. The table is bounded: when it
is full the address that was wrong longest ago is forgotten.
"""

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Final

MISTAKES: Final = 10
PERIOD_S: Final = 6.0  # a mistake drips out
ADDRESSES: Final = 1024


class Throttle:
    """now: seconds on a clock that never goes back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._empty_at: dict[str, float] = {}

    def admits(self, host: str) -> bool:
        """Say whether the address is listened to."""
        return self._level(network_of(host)) <= MISTAKES - 1

    def refused(self, host: str) -> bool:
        """Count a mistake; say whether it is the first since the bucket was last empty."""
        key = network_of(host)
        level = self._level(key)
        self._empty_at.pop(key, None)
        self._empty_at[key] = self._now() + (level + 1) * PERIOD_S
        if len(self._empty_at) > ADDRESSES:
            del self._empty_at[next(iter(self._empty_at))]
        return level == 0

    def _level(self, key: str) -> float:
        return max(0.0, (self._empty_at.get(key, 0.0) - self._now()) / PERIOD_S)


def network_of(host: str) -> str:
    """Give what counts as one: an IPv4 address, or the first half of an IPv6 one."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return address.packed[:8].hex()
