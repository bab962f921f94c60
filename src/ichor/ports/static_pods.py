"""How static pods reach the kubelet."""

from collections.abc import Sequence
from typing import Protocol

from ichor.formats.jsonvalue import Object


class StaticPods(Protocol):
    """Offers a list of pods; url is what the kubelet's staticPodURL says."""

    @property
    def url(self) -> str: ...

    def publish(self, pods: Sequence[Object]) -> None:
        """Offer these pods from now on, in place of those before."""
        ...
