"""Nodes as plain values by the shape of their kind, so that they can be merged and written again.

Where a field is text the value is what was written: a label `1.10` stays `1.10`, though the core
schema would make a number of it. Faults are not looked for; decoding has done so.
"""

from ichor.config.codec import (
    Base64,
    Checked,
    Choice,
    Codec,
    Duration,
    ListOf,
    MapOf,
    SecretText,
    Text,
    TextOrList,
    is_absent,
)
from ichor.config.shape import StructOf
from ichor.formats.yaml.nodes import Fields, Items, Node, Scalar
from ichor.formats.yaml.values import Value, to_value

_TEXTUAL = (Text, SecretText, Choice, Duration, TextOrList)


def raw(codec: Codec, node: Node) -> Value:
    """Give the value of a node under a codec; null for null, whatever the codec."""
    while isinstance(codec, Checked | Base64):
        codec = codec.inner
    if isinstance(node, Scalar):
        return _scalar(codec, node)
    if isinstance(node, Fields):
        return {entry.key: _below(codec, entry.key, entry.value) for entry in node.entries}
    return _items(codec, node)


def _scalar(codec: Codec, node: Scalar) -> Value:
    if is_absent(node):
        return None
    return node.text if isinstance(codec, _TEXTUAL) else to_value(node, [])


def _below(codec: Codec, name: str, node: Node) -> Value:
    if isinstance(codec, StructOf):
        member = codec.members.get(name)
        return raw(member.codec, node) if member is not None else to_value(node, [])
    return raw(codec.inner, node) if isinstance(codec, MapOf) else to_value(node, [])


def _items(codec: Codec, node: Items) -> Value:
    inner = TextOrList.texts.inner if isinstance(codec, TextOrList) else None
    if isinstance(codec, ListOf):
        inner = codec.inner
    return [raw(inner, item) if inner else to_value(item, []) for item in node.items]
