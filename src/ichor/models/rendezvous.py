"""The model of discovery: what is said is said at once; what others say is known after apply."""

from collections.abc import Mapping

from ichor.ports.rendezvous import Action, Announce, Leave, Session


def model(observed: Mapping[str, Session], action: Action) -> Mapping[str, Session]:
    after = dict(observed)
    match action:
        case Announce(service=service):
            before = observed.get(service)
            after[service] = Session(said=action, found=before.found if before else {})
        case Leave(service=service):
            after.pop(service, None)
    return after
