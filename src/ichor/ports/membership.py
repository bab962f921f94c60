"""Membership: what this node knows of etcd's members, and the steps that make it one of them."""

from typing import Protocol

from msgspec import Struct

from ichor.ports.etcd import Member


class Start(Struct, frozen=True, kw_only=True):
    """How etcd begins in this boot: state is empty when its data directory knows."""

    state: str = ""
    members: tuple[tuple[str, str], ...] = ()


class Membership(Struct, frozen=True, kw_only=True):
    """has_data: the data directory holds a member. members: as a voter lists them; empty if none

    answers. decided: how etcd begins, once that is settled for this boot. distrust: why one that
    was reached and we do not accept each other's certificate; empty if that is not so.
    """

    has_data: bool = False
    members: tuple[Member, ...] = ()
    voters: tuple[str, ...] = ()
    decided: Start | None = None
    distrust: str = ""


class AskAt(Struct, frozen=True, kw_only=True):
    """Ask these hosts from now on, in turn."""

    hosts: tuple[str, ...]


class Decide(Struct, frozen=True, kw_only=True):
    start: Start


class AddLearner(Struct, frozen=True, kw_only=True):
    peer_urls: tuple[str, ...]


class Remove(Struct, frozen=True, kw_only=True):
    member_id: int


class Promote(Struct, frozen=True, kw_only=True):
    member_id: int


class Leave(Struct, frozen=True, kw_only=True):
    """Have our member lead no more, successor instead, and then be removed."""

    member_id: int
    successor: int


class Cease(Struct, frozen=True, kw_only=True):
    """Take the decision back: etcd shall not run here."""


class Discard(Struct, frozen=True, kw_only=True):
    """Empty the data directory; nobody may be using it."""


Action = AskAt | Decide | AddLearner | Remove | Promote | Leave | Cease | Discard


class EtcdMembership(Protocol):
    async def observe(self) -> Membership: ...

    async def apply(self, action: Action) -> None:
        """Raises TransientError while no voter agrees."""
        ...
