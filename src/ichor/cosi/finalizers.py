"""Finalizers on strong inputs: put before the input is acted upon, dropped when it is undone."""

from collections.abc import Iterable, Iterator

from ichor.cosi.inputs import Binding
from ichor.cosi.node import Node
from ichor.cosi.resource import Key
from ichor.cosi.state import AnyResource, State


def hold(state: State, name: str, item: AnyResource) -> AnyResource:
    """Put the finalizer on a running item if it has it not; give it as it is then."""
    if name in item.metadata.finalizers:
        return item
    return state.add_finalizer(item.key, name)


def ending(state: State, name: str, bindings: Iterable[Binding]) -> Iterator[Key]:
    """Give the strong inputs that are torn down and held by this name."""
    for binding in bindings:
        for item in binding.present(state) if binding.strong else ():
            if not item.is_running and name in item.metadata.finalizers:
                yield item.key


def release(state: State, name: str, keys: Iterable[Key]) -> None:
    for key in keys:
        if state.find(key) is not None:
            state.remove_finalizer(key, name)


def hold_shared(state: State, node: Node) -> None:
    for binding in node.inputs.bindings:
        for item in binding.visible(state) if binding.strong else ():
            hold(state, node.name, item)


def release_undone(state: State, node: Node) -> None:
    """Drop those of a Transform on shared inputs, once none of its outputs is on its way out."""
    leaving = tuple(ending(state, node.name, node.inputs.bindings))
    if leaving and not any(_is_leaving(state, key) for key in node.outputs.scopes):
        release(state, node.name, leaving)


def release_item(state: State, node: Node, id: str) -> None:
    """Drop the one of an Each on its item, once the item's outputs are gone."""
    each = node.inputs.each
    if each is None or not each.strong or node.outputs.held(id):
        return
    item = state.find(Key(*each.kind, id))
    if item is not None and not item.is_running and node.name in item.metadata.finalizers:
        state.remove_finalizer(item.key, node.name)


def _is_leaving(state: State, key: Key) -> bool:
    current = state.find(key)
    return current is not None and not current.is_running
