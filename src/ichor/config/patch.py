"""Strategic patches: a stream of partial documents laid over those of the same kind and name.

    $patch: delete        in a document removes it; in a map removes the field that holds the map

A patch is read as strictly as a configuration, but for required fields, which may be missing.
A document that is not there yet is added. JSON patches (RFC 6902) are refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.decode import check_part, current, decode, kind_of
from ichor.config.document import Document, Identity, Named
from ichor.config.lower import is_old, lower
from ichor.config.merge import merge
from ichor.config.raw import raw
from ichor.config.registry import KINDS, MAIN
from ichor.config.shape import struct_of
from ichor.formats.yaml.nodes import Entry, Fields, Items, Node, Scalar, parse, parse_into
from ichor.formats.yaml.problem import Problem, Problems
from ichor.formats.yaml.values import Value
from ichor.formats.yaml.write import dump_all

_PATCH: Final = "$patch"


class Patch(Struct, frozen=True, kw_only=True):
    """One document's part. removed: paths of fields that go. deletes: the document itself goes."""

    kind: str
    name: str
    value: dict[str, Value]
    removed: tuple[tuple[str, ...], ...] = ()
    deletes: bool = False

    def __repr__(self) -> str:
        return f"<patch of {Identity(self.kind, self.name)}>"  # the value may hold secrets


def read(data: bytes | str, *, file: str = "<patch>") -> tuple[Patch, ...]:
    """Read a stream of partial documents. Raises Problems."""
    problems: list[Problem] = []
    nodes = parse_into(data, problems)
    patches = [patch for node in nodes for patch in _patches(node, problems)]
    if problems:
        raise Problems(file, problems)
    return tuple(patches)


def apply(text: bytes | str, patches: Iterable[Patch], *, file: str = "<input>") -> str:
    """Lay patches over a configuration and check the outcome. Raises Problems."""
    decode(text, file=file)
    nodes, _ = current(parse(text), [])
    documents = {_identity(value): value for node in nodes if (value := _value(node))}
    for patch in patches:
        _apply_one(documents, patch)
    patched = dump_all(documents.values())
    decode(patched, file=f"{file} (patched)")
    return patched


def apply_to(config: Config, patches: Iterable[Patch], *, file: str = "<generated>") -> Config:
    """Lay patches over a decoded configuration. Raises Problems."""
    from ichor.config.encode import encode

    return decode(apply(encode(config), patches, file=file), file=f"{file} (patched)")


def _apply_one(documents: dict[Identity, dict[str, Value]], patch: Patch) -> None:
    which = Identity(patch.kind, patch.name)
    if patch.deletes:
        documents.pop(which, None)
        return
    base = documents.get(which)
    for path in patch.removed if base is not None else ():
        base = _without(base or {}, path)
    merged = merge(KINDS[patch.kind], base, patch.value) if base is not None else patch.value
    if isinstance(merged, dict):
        documents[which] = merged


def _without(value: dict[str, Value], path: tuple[str, ...]) -> dict[str, Value]:
    """Give the value without the field at a path; where the path ends early, nothing goes."""
    name, rest = path[0], path[1:]
    below = value.get(name)
    if not rest:
        return {key: item for key, item in value.items() if key != name}
    return {**value, name: _without(below, rest)} if isinstance(below, dict) else value


def _value(node: Node) -> dict[str, Value]:
    kind = KINDS.get(kind_of(node))
    return cast("dict[str, Value]", raw(struct_of(kind), node)) if kind is not None else {}


def _identity(value: dict[str, Value]) -> Identity:
    kind = str(value.get("kind", MAIN))
    named = issubclass(KINDS.get(kind, Document), Named)
    return Identity(kind, str(value.get("name", "")) if named else "")


def _patches(node: Node, problems: list[Problem]) -> Iterator[Patch]:
    """Yield what a document patches: the main one with old fields, several."""
    if isinstance(node, Items):
        message = "JSON patches are known, not supported yet"
        hint = "write the fields as they stand in the document"
        problems.append(Problem(line=node.line, message=message, hint=hint))
        return
    deletes = isinstance(node, Fields) and _is_delete(node, problems)
    removed: list[tuple[str, ...]] = []
    bare = _bare(node, (), removed, problems)
    moved: Iterable[tuple[Identity, Fields]] = ()
    taken: Mapping[Identity, Sequence[tuple[str, ...]]] = {}
    if isinstance(bare, Fields) and kind_of(bare) == MAIN:
        _refuse_old(removed, node, problems)
        lowered = lower(bare, problems)
        bare, moved, taken = lowered.main, lowered.documents.items(), lowered.removed
    first = _part(bare, problems)
    if first is not None:
        yield replace(first, removed=tuple(removed), deletes=deletes)
    for which, part in moved:
        patch = _part(part, problems)
        if patch is not None:
            yield replace(patch, removed=tuple(taken.get(which, ())))


def _refuse_old(removed: list[tuple[str, ...]], node: Node, problems: list[Problem]) -> None:
    """What was lowered stands elsewhere: there it can be removed."""
    for path in removed:
        if is_old(path):
            where, message = "$." + ".".join(path), "an old field cannot be removed"
            hint = "remove the field of the document that says it now"
            problems.append(Problem(line=node.line, path=where, message=message, hint=hint))


def _part(node: Node, problems: list[Problem]) -> Patch | None:
    check_part(node, problems)
    kind, value = kind_of(node), _value(node)
    if kind not in KINDS:
        return None
    which = _identity(value)
    if issubclass(KINDS[kind], Named) and not which.name:
        message = f"a patch of {kind} needs the name of the document"
        problems.append(Problem(line=node.line, message=message))
    return Patch(kind=kind, name=which.name, value=value)


def _is_delete(node: Fields, problems: list[Problem]) -> bool:
    directive = node.get(_PATCH)
    if directive is None:
        return False
    if not isinstance(directive, Scalar) or directive.text != "delete":
        problems.append(Problem(line=directive.line, message="expected $patch: delete"))
    return True


def _bare(
    node: Node, path: tuple[str, ...], removed: list[tuple[str, ...]], problems: list[Problem]
) -> Node:
    """Give the node without directives; what they remove goes into `removed`."""
    if isinstance(node, Items):
        for item in node.items:
            if isinstance(item, Fields) and item.get(_PATCH) is not None:
                message = "$patch in an item of a list is known, not supported yet"
                problems.append(Problem(line=item.line, message=message))
        return node
    if not isinstance(node, Fields):
        return node
    kept: list[Entry] = []
    for entry in node.entries:
        below = (*path, entry.key)
        if entry.key == _PATCH:
            continue
        if isinstance(entry.value, Fields) and _is_delete(entry.value, problems):
            removed.append(below)
        else:
            value = _bare(entry.value, below, removed, problems)
            kept.append(Entry(entry.line, entry.key, value))
    return Fields(node.line, tuple(kept), node.weight)
