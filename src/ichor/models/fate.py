"""The model of fate: it is as it was decided."""

from ichor.ports.fate import Fate


def model(observed: Fate, action: Fate) -> Fate:
    del observed
    return action
