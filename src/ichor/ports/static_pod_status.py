"""What the cluster says of this node's static pods."""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from ichor.formats.jsonvalue import Object

# `namespace/name` of the mirror pod: its status.
Statuses = Mapping[str, Object]


class StaticPodStatuses(Protocol):
    def snapshots(self) -> AsyncIterator[Statuses]:
        """Yield all, as soon as the API can be asked, and again after every change."""
        ...
