"""Other configurations: one field of one document changed to another value that is accepted.

leaves(config)          the fields of its documents, as deep as the codecs know them
variants(config, leaf)  configurations that differ in that field alone, or in a certificate and
                        its key, each of them accepted
"""

import base64
import functools
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import NamedTuple, cast

from tests.config import samples

from ichor.config.codec import (
    Base64,
    Bool,
    Checked,
    Choice,
    Codec,
    Duration,
    FreeForm,
    Int,
    ListOf,
    MapOf,
    SecretText,
    Text,
    TextOrList,
)
from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.encode import encode, to_value
from ichor.config.field import Check, Range
from ichor.config.shape import StructOf, struct_of
from ichor.config.validate import validate
from ichor.formats.yaml.problem import Problems
from ichor.formats.yaml.values import Value
from ichor.formats.yaml.write import dump_all
from ichor.pki.public import public_pem

KEYS = ("added", "net.ipv4.ip_default_ttl")
TEXTS = (
    "added",
    "added.example.com",
    "192.0.2.77",
    "10.200.0.0/16",
    "192.0.2.0/25",
    "https://192.0.2.77:7443",
    "300m",
    "added:NoSchedule",
    "abcdef.0123456789abcdef",
    base64.b64encode(bytes(32)).decode(),
    base64.b64encode(b"added:added").decode(),
    "7GiB",
    "192.0.2.78/24",
    "2001:db8::1",
    "192.0.2.77:51820",
    "02:00:5e:00:53:77",
    "eth1",
    "43",
    "/dev/ptp0",
    'link.hardware_addr == "02:00:5e:00:53:05"',
    "{kind: ConfigMap, apiVersion: v1, metadata: {name: added}}",
)


class Leaf(NamedTuple):
    """document: its place in the configuration. path: names and, in lists, 0. name: for people."""

    document: int
    path: tuple[str | int, ...]
    codec: Codec
    name: str


def leaves(config: Config) -> Iterator[Leaf]:
    for place, document in enumerate(config.documents):
        yield from _leaves(struct_of(type(document)), place, (), document.KIND)


def _leaves(shape: StructOf, place: int, above: tuple[str | int, ...], name: str) -> Iterator[Leaf]:
    for member in shape.members.values():
        below = member.codec
        path, full = (*above, member.name), f"{name}.{member.attribute}"
        if isinstance(below, ListOf) and isinstance(below.inner, StructOf):
            below, path = below.inner, (*path, 0)
        if isinstance(below, StructOf):
            yield from _leaves(below, place, path, full)
        elif member.name != "name":  # of a document: which one it is, not what it says
            yield Leaf(place, path, below, full)


def variants(config: Config, leaf: Leaf) -> Iterator[str]:
    """Give texts of configurations that are accepted and differ in the leaf."""
    documents = [to_value(document) for document in config.documents]
    for value in others(leaf.codec, at(documents[leaf.document], leaf.path)):
        changed = deepcopy(documents)
        put(changed[leaf.document], leaf.path, value)
        put_mate(changed[leaf.document], leaf.path, value)
        text = accepted(dump_all(changed))
        if text and text != encode(config):
            yield text


def accepted(text: str) -> str:
    """Give the configuration as it is written, or nothing if it is refused."""
    try:
        config = decode(text)
    except Problems:
        return ""
    return "" if validate(config, "container").errors else encode(config)


def at(value: Value, path: tuple[str | int, ...]) -> Value:
    for name in path:
        if isinstance(name, str):
            value = value.get(name) if isinstance(value, Mapping) else None
        else:
            value = value[name] if isinstance(value, list) and value else None
    return value


def put(document: dict[str, Value], path: tuple[str | int, ...], value: Value) -> None:
    """Set what is at the path, with empty maps and lists made on the way."""
    node: dict[str, Value] | list[Value] = document
    for name, following in pairwise(path):
        empty: Value = {} if isinstance(following, str) else []
        node = cast("dict[str, Value]", _below(node, name, empty))
    _set(node, path[-1], value)


def put_mate(document: dict[str, Value], path: tuple[str | int, ...], value: Value) -> None:
    """Change a certificate's key with it, and a key's certificate: only both are accepted."""
    pair = samples.secrets(2).certs.os
    crt, key = pair.crt, pair.key.reveal()
    for encoded in (str, in_base64):
        for own, mate, names in ((crt, key, ("key",)), (key, crt, ("crt", "cert"))):
            for name in names if value == encoded(own) else ():
                if at(document, (*path[:-1], name)) is not None:
                    put(document, (*path[:-1], name), encoded(mate))


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _below(node: dict[str, Value] | list[Value], name: str | int, empty: Value) -> Value:
    if isinstance(node, dict):
        return node.setdefault(cast("str", name), empty)
    if not node:
        node.append(empty)
    return node[0]


def _set(node: dict[str, Value] | list[Value], name: str | int, value: Value) -> None:
    cast("dict[str | int, Value]", node)[name] = value


def others(codec: Codec, current: Value) -> Iterator[Value]:
    """Give values of the codec's kind; not all of them will do."""
    match codec:
        case Checked(check=Range(low=low, high=high)):
            numbers = (low, high) if current is None else (cast("int", current) + 1, low, high)
            yield from (number for number in numbers if low <= number <= high)
        case Checked(inner=Base64(inner=inner), check=check):
            for text in others(Checked(inner, check), None):
                yield in_base64(cast("str", text))
        case Checked(inner=inner, check=Check(test=test)):
            texts = (cast("str", text) for text in others(inner, None))
            yield from (text for text in texts if test(text))
        case ListOf(inner=inner) | MapOf(inner=inner):
            yield from _collections(codec, inner, current)
        case _:
            yield from _plain(codec, current)


def _collections(codec: Codec, inner: Codec, current: Value) -> Iterator[Value]:
    for item in others(inner, None):
        if isinstance(codec, MapOf):
            held = current if isinstance(current, dict) else {}
            yield from ({**held, key: item} for key in KEYS)
        else:
            yield [*current, item] if isinstance(current, list) else [item]
            yield [item]


def _plain(codec: Codec, current: Value) -> Iterator[Value]:
    match codec:
        case Bool():
            yield from (True, False)
        case Int():
            yield 7
        case Duration():
            yield "1h1m0s"
        case Choice(options=options):
            yield from options
        case FreeForm():
            held = current if isinstance(current, dict) else {}
            yield {**held, "added": "added"}
        case Text() | SecretText() | TextOrList():
            yield from (*TEXTS, *_pem())
        case _:
            raise TypeError(codec)


@functools.cache
def _pem() -> tuple[str, ...]:
    """Certificates and keys of another cluster."""
    certs = samples.secrets(2).certs
    key = certs.service_account.key.reveal()
    return certs.os.crt, certs.os.key.reveal(), key, public_pem(key)
