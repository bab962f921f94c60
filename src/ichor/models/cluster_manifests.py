"""The model of the cluster's manifests: what is created is present."""

from functools import reduce

from msgspec.structs import replace

from ichor.models import manifests
from ichor.ports.cluster_manifests import Action, Seen, Want
from ichor.ports.manifests import Apply, Observed


def model(seen: Seen, action: Action) -> Seen:
    held = seen.observed or Observed(present=frozenset(), inventory=frozenset())
    match action:
        case Want():
            return Seen(want=action, observed=held)
        case Apply(basis=basis, steps=steps):
            after = reduce(manifests.model, steps, held) if held == basis else held
            return replace(seen, observed=after)
