"""Manifests seen and made through the Kubernetes API: the adapter of `ports.manifests`."""

from collections.abc import Iterable
from contextlib import suppress

from ichor.errors import Conflict, NotFound
from ichor.formats.jsonvalue import Object, strings
from ichor.peers.kube_inventory import from_data, to_data
from ichor.peers.kube_paths import Unserved
from ichor.ports.kube import Kind, Kube, Ref, ref_of
from ichor.ports.manifests import Action, Create, Observed, SaveInventory, object_id

MANAGER = "talos"
INVENTORY = Ref(Kind("v1", "ConfigMap"), "talos-bootstrap-manifests-inventory", "kube-system")


class KubeManifests:
    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    async def observe(self, wanted: Iterable[Object]) -> Observed:
        present = [object_id(item) for item in wanted if await self._find(ref_of(item))]
        inventory = await self._find(INVENTORY) or {}
        return Observed(present=frozenset(present), inventory=from_data(strings(inventory, "data")))

    async def apply(self, action: Action) -> None:
        if isinstance(action, Create):
            with suppress(Conflict):  # somebody made it meanwhile: then it is as they want it
                await self._kube.create(action.item, manager=MANAGER)
        else:
            await self._save(action)

    async def _find(self, ref: Ref) -> Object | None:
        # A kind that is not served has no objects: its definition is among what is wanted.
        with suppress(NotFound, Unserved):
            return await self._kube.get(ref)
        return None

    async def _save(self, action: SaveInventory) -> None:
        item: Object = {
            "apiVersion": INVENTORY.kind.api_version,
            "kind": INVENTORY.kind.kind,
            "metadata": {"name": INVENTORY.name, "namespace": INVENTORY.namespace},
            "data": to_data(action.ids),
        }
        await self._kube.apply(item, manager=MANAGER)
