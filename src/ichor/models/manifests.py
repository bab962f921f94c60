"""What applying a manifest does: it is there, and it is remembered once the inventory is saved."""

from msgspec.structs import replace

from ichor.ports.manifests import Action, Create, Observed, object_id


def model(observed: Observed, action: Action) -> Observed:
    if isinstance(action, Create):
        return replace(observed, present=observed.present | {object_id(action.item)})
    return replace(observed, inventory=action.ids)
