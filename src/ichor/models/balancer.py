"""What an action does to the balancer; only the world says whether a target answers."""

from msgspec.structs import replace

from ichor.ports.balancer import Action, Balancing, Direct, Listen, Seen


def model(balancing: Balancing, action: Action) -> Balancing:
    match action:
        case Listen(address=address):
            return replace(balancing, listening=address)
        case Direct(targets=targets):
            known = {one.target: one for one in balancing.targets}
            seen = tuple(known.get(target, Seen(target=target)) for target in targets)
            return replace(balancing, targets=seen)
