"""Joining etcd: what to do next, given what is seen now.

    data directory, own name and peer URLs, members as a voter lists them ─► one Step

| data directory | members | step |
|---|---|---|
| holds a member | any | Start with what is there |
| empty, this node bootstraps | | Start new, alone |
| empty | of our name, started once | Remove it: its log is lost with its disk |
| empty | of our peer URLs, unnamed learner | Start existing: an earlier add is resumed |
| empty | of our peer URLs, unnamed voter | Start existing too: a promotion cannot be undone |
| empty | a learner of someone else | Wait: one learner at a time |
| empty | otherwise | Add a learner |

The caller takes one step, looks again, and asks again, until it is told to start; so a crash
between any two steps resumes. Promotion is its own question, asked while etcd runs.
"""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from ichor.controllers.etcd.args import Initial
from ichor.ports.etcd import Member


class Node(Struct, frozen=True, kw_only=True):
    """This node: its member name, its advertised peer URLs, whether its data directory is used."""

    name: str
    peer_urls: tuple[str, ...]
    has_data: bool
    bootstraps: bool = False


class Start(Struct, frozen=True):
    """Start etcd; initial is None if the data directory knows its members."""

    initial: Initial | None


class Remove(Struct, frozen=True):
    member: Member


class AddLearner(Struct, frozen=True):
    peer_urls: tuple[str, ...]


class Wait(Struct, frozen=True):
    reason: str


Step: TypeAlias = Start | Remove | AddLearner | Wait


def step(node: Node, members: Sequence[Member]) -> Step:
    """Give the next step towards membership; members is empty if no voter answered yet."""
    if node.has_data:
        return Start(None)
    if node.bootstraps:
        return Start(Initial(state="new", members=_self(node)))
    if not members:
        return Wait("no etcd member answers yet")
    return _join(node, sorted(members, key=lambda member: member.id))


def promotes(node: Node, members: Sequence[Member]) -> Member | None:
    """Give our member if it is a learner that runs: it is to be promoted."""
    ours = (member for member in members if member.name == node.name and member.is_learner)
    return next(ours, None)


def _join(node: Node, members: Sequence[Member]) -> Step:
    stale = next((member for member in members if member.name == node.name), None)
    if stale is not None:
        return Remove(stale)
    mine = next((member for member in members if set(member.peer_urls) & set(node.peer_urls)), None)
    if mine is not None:
        # A named member at our address is another life of this node, or a wrong address.
        return Remove(mine) if mine.name else Start(_existing(node, members))
    if any(member.is_learner for member in members):
        return Wait("another member is being added")
    return AddLearner(node.peer_urls)


def _existing(node: Node, members: Sequence[Member]) -> Initial:
    others = [
        (member.name, url)
        for member in members
        if not set(member.peer_urls) & set(node.peer_urls)
        for url in member.peer_urls
        if member.name
    ]
    return Initial(state="existing", members=(*others, *_self(node)))


def _self(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple((node.name, url) for url in node.peer_urls)


def successor(own_id: int, members: Sequence[Member]) -> int | None:
    """Give the voter that is to lead if we do and leave; None if we are the last."""
    voters = (m.id for m in members if not m.is_learner and m.id != own_id)
    return min(voters, default=None)
