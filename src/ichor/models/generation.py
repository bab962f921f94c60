"""What a memory of generations holds after an action."""

from ichor.ports.generation import Action, Allow, Least


def model(observed: Least, action: Action) -> Least:
    return Least(action.least, observed.is_allowed or isinstance(action, Allow))
