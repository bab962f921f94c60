"""A node stands at once; whether it is elected only the others can say."""

from ichor.ports.shared_address import Action, Stand, Standings


def model(standings: Standings, action: Action) -> Standings:
    others = {address: held for address, held in standings.items() if address != action.address}
    return {**others, action.address: False} if isinstance(action, Stand) else others
