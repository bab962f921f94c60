"""Which bootstrap manifests to create.

    wanted objects, cluster, inventory ─► Create..., SaveInventory

| cluster has it | inventory has it | |
|---|---|---|
| no | no | create |
| no | yes | leave: somebody deleted it on purpose |
| yes | any | leave as it is: somebody may have changed it on purpose |

Namespaces go first, then CustomResourceDefinitions, then the rest in the order of the manifests.
The inventory is saved last and holds whatever was wanted: a crash before it repeats the question,
it does not lose an answer.
"""

from collections.abc import Iterable, Iterator

from ichor.formats.jsonvalue import Object, text
from ichor.ports.manifests import Action, Create, Observed, SaveInventory, object_id

_FIRST = {"Namespace": 0, "CustomResourceDefinition": 1}


def plan(wanted: Iterable[Object], observed: Observed) -> Iterator[Action]:
    """Yield what is to be done; nothing when all is there."""
    items = {object_id(item): item for item in wanted}
    known = observed.present | observed.inventory
    missing = [item for key, item in items.items() if key not in known]
    yield from (Create(item) for item in sorted(missing, key=_rank))
    ids = observed.inventory | frozenset(items)
    if ids != observed.inventory:
        yield SaveInventory(ids)


def _rank(item: Object) -> int:
    return _FIRST.get(text(item, "kind"), 2)
