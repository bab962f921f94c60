"""How static pods reach the kubelet."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from ichor.formats.jsonvalue import Object


class Offer(Struct, frozen=True, kw_only=True):
    """url: what the kubelet's staticPodURL says. pods: None before anything was published."""

    url: str
    pods: Sequence[Object] | None = None


class Publish(Struct, frozen=True, kw_only=True):
    """Offer these pods from now on, in place of those before."""

    pods: Sequence[Object]


class StaticPods(Protocol):
    def observe(self) -> Offer: ...

    def apply(self, action: Publish) -> None: ...
