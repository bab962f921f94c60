"""What a memory of generations holds after an action."""

from ichor.ports.generation import Remember


def model(observed: int | None, action: Remember) -> int | None:
    del observed
    return action.least
