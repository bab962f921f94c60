"""The model of pods: what is asked to end ends."""

from ichor.ports.pods import EndContainers, Running


def model(observed: Running, action: EndContainers) -> Running:
    return {id: one for id, one in observed.items() if id not in action.ids}
