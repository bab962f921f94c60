"""The model of the node's pods: who is evicted leaves, and is gone when one looks again."""

from ichor.ports.node_pods import Action, Evict, Evictable, Rest


def model(observed: Evictable, action: Action) -> Evictable:
    if isinstance(action, Evict):
        return tuple(one for one in observed or () if one not in action.pods)
    return None if isinstance(action, Rest) else observed or ()
