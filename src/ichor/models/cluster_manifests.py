"""The model of the cluster's manifests: what is created is present."""

from msgspec.structs import replace

from ichor.ports.cluster_manifests import Action, Seen, Want
from ichor.ports.manifests import Create, Observed, SaveInventory, object_id


def model(seen: Seen, action: Action) -> Seen:
    held = seen.observed or Observed(present=frozenset(), inventory=frozenset())
    match action:
        case Want():
            return Seen(want=action, observed=held)
        case Create(item):
            present = held.present | {object_id(item)}
            return replace(seen, observed=replace(held, present=present))
        case SaveInventory(ids):
            return replace(seen, observed=replace(held, inventory=ids))
