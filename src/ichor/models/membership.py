"""The model of membership: members as they are added, removed and promoted."""

from msgspec.structs import replace

from ichor.ports.etcd import Member
from ichor.ports.membership import (
    Action,
    AddLearner,
    AskAt,
    Cease,
    Decide,
    Discard,
    Leave,
    Membership,
    Promote,
    Remove,
)


def model(observed: Membership, action: Action) -> Membership:
    match action:
        case AskAt(hosts=hosts):
            return replace(observed, voters=hosts)
        case Decide(start=start):
            return replace(observed, decided=start)
        case AddLearner(peer_urls=urls):
            id = max((member.id for member in observed.members), default=0) + 1
            learner = Member(id=id, name="", peer_urls=urls, is_learner=True)
            return replace(observed, members=(*observed.members, learner))
        case Remove(member_id=id) | Leave(member_id=id):
            return replace(observed, members=tuple(m for m in observed.members if m.id != id))
        case Promote(member_id=id):
            members = (replace(m, is_learner=False) if m.id == id else m for m in observed.members)
            return replace(observed, members=tuple(members))
        case Cease():
            return replace(observed, decided=None)
        case Discard():
            return replace(observed, has_data=False)
