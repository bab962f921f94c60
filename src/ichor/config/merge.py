"""Joining two documents of one kind: what a patch says wins, lists grow, maps merge.

By the shape of the kind: a field marked REPLACE takes the patch's value whole, and so does a text
or list of an argument. Inside free-form objects maps merge and lists grow as everywhere. For
documents of the right types joining is associative, so patches may be joined before applying.
"""

from collections.abc import Mapping
from typing import Final

from ichor.config.codec import Base64, Checked, Codec, FreeForm, ListOf, MapOf
from ichor.config.document import Document
from ichor.config.shape import StructOf, struct_of
from ichor.formats.yaml.values import Value

_FREE: Final = FreeForm()


def merge(kind: type[Document], base: Mapping[str, Value], patch: Mapping[str, Value]) -> Value:
    """Give the base with the patch laid over it; neither is changed."""
    return _struct(struct_of(kind), dict(base), dict(patch))


def _struct(shape: StructOf, base: dict[str, Value], patch: dict[str, Value]) -> Value:
    merged = dict(base)
    for name, value in patch.items():
        member = shape.members.get(name)
        if value is None:
            continue
        if name not in base or base[name] is None or member is None or member.replace:
            merged[name] = value
        else:
            merged[name] = _join(member.codec, base[name], value)
    return merged


def _join(codec: Codec, base: Value, patch: Value) -> Value:
    while isinstance(codec, Checked | Base64):
        codec = codec.inner
    if isinstance(base, dict) and isinstance(patch, dict):
        return _map(codec, base, patch)
    if isinstance(base, list) and isinstance(patch, list) and isinstance(codec, ListOf | FreeForm):
        return [*base, *patch]
    return patch


def _map(codec: Codec, base: dict[str, Value], patch: dict[str, Value]) -> Value:
    if isinstance(codec, StructOf):
        return _struct(codec, base, patch)
    inner = codec.inner if isinstance(codec, MapOf) else _FREE
    merged = dict(base)
    for name, value in patch.items():
        if value is not None:
            known = base.get(name)
            merged[name] = value if known is None else _join(inner, known, value)
    return merged
