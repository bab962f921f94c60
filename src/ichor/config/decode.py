"""Bytes to a Config, strictly: every fault of every document, with file, line, path, hint.

    config = decode(data, file="controlplane.yaml")      # raises Problems, which is an InputError

A document is the main one if it has neither kind nor apiVersion; else its kind chooses the class.
"""

from collections.abc import Iterator
from typing import Final, cast

from ichor.config.codec import INVALID, Place
from ichor.config.container import Config
from ichor.config.document import Document, Identity, Named
from ichor.config.documents.v1alpha1 import Cluster, Features, Machine
from ichor.config.registry import KINDS, MAIN, UNSUPPORTED
from ichor.config.shape import struct_of
from ichor.formats.yaml.nodes import Fields, Node, Scalar, parse_into
from ichor.formats.yaml.problem import Problem, Problems

API_VERSION: Final = "v1alpha1"
_HEADER: Final = frozenset({"apiVersion", "kind"})


def decode(data: bytes | str, *, file: str = "<input>") -> Config:
    """Read a stream of documents; an empty one gives an empty Config. Raises Problems."""
    problems: list[Problem] = []
    nodes, notes = current(parse_into(data, problems), problems)
    documents = list(_documents(nodes, problems))
    if problems:
        raise Problems(file, problems)
    return Config(documents=tuple(documents), notes=notes)


def current(
    nodes: tuple[Node, ...], problems: list[Problem]
) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """Give the documents with old fields where they stand now, and notes about them."""
    place, main = _main_of(nodes)
    if main is None or not _is_old(main):
        return nodes, ()
    from ichor.config.lower import lower  # only for who needs it

    others = {_identity(one): one for one in nodes if isinstance(one, Fields) and one is not main}
    lowered = lower(main, problems, given=others)
    left = dict(lowered.documents)
    joined = [left.pop(_identity(one), one) for one in nodes]
    joined[place] = lowered.main
    return (*joined, *left.values()), lowered.notes


def _is_old(main: Fields) -> bool:
    """Tell whether the main document may say what other documents say now."""
    machine, cluster = main.get("machine"), main.get("cluster")
    features = machine.get("features") if isinstance(machine, Fields) else None
    parts = ((machine, Machine), (cluster, Cluster), (features, Features))
    return any(
        entry.key in part.UNSUPPORTED
        for node, part in parts
        for entry in (node.entries if isinstance(node, Fields) else ())
    )


def _main_of(nodes: tuple[Node, ...]) -> tuple[int, Fields | None]:
    for place, node in enumerate(nodes):
        if isinstance(node, Fields) and kind_of(node) == MAIN and not _has_header(node):
            return place, node
    return -1, None


def check_part(node: Node, problems: list[Problem]) -> None:
    """Look at a patch: known kind, known fields, right values; required fields may be missing."""
    _document(node, problems, partial=True)


def _documents(nodes: tuple[Node, ...], problems: list[Problem]) -> Iterator[Document]:
    seen: dict[Identity, int] = {}
    for node in nodes:
        which = _identity(node)
        if which in seen:
            message = f"a second document {which}, the first is on line {seen[which]}"
            problems.append(Problem(line=node.line, message=message, hint="join them"))
        seen[which] = node.line
        document = _document(node, problems)
        if document is not None:
            yield document


def _identity(node: Node) -> Identity:
    kind = kind_of(node)
    cls = KINDS.get(kind)
    name = node.get("name") if isinstance(node, Fields) else None
    if cls is not None and issubclass(cls, Named) and isinstance(name, Scalar):
        return Identity(kind, name.text)
    return Identity(kind or f"(line {node.line})", "" if cls else f"line {node.line}")


def kind_of(node: Node) -> str:
    """Give the kind a document claims, MAIN for the main one, empty if it claims none."""
    if not isinstance(node, Fields):
        return ""
    kind = node.get("kind")
    if kind is None:
        return "" if node.get("apiVersion") else MAIN
    return kind.text if isinstance(kind, Scalar) else ""


def _document(node: Node, problems: list[Problem], *, partial: bool = False) -> Document | None:
    kind = kind_of(node)
    cls = KINDS.get(kind) if kind != MAIN or not _has_header(node) else None
    if cls is None:
        problems.append(_unknown(node, kind))
        return None
    path = "$" if kind == MAIN else f"{kind} $"
    at = Place(problems, path, partial)
    ignore: frozenset[str] = frozenset()
    if kind != MAIN:
        ignore = _HEADER
        _check_version(cast("Fields", node), at)
    found = struct_of(cls, ignore).decode(node, at)
    return None if found is INVALID else cast("Document", found)


def _has_header(node: Node) -> bool:
    return isinstance(node, Fields) and any(node.get(name) is not None for name in _HEADER)


def _check_version(node: Fields, at: Place) -> None:
    version = node.get("apiVersion")
    if version is None:
        at.child("apiVersion").fail(node, "a required field is missing", f"write {API_VERSION}")
    elif not isinstance(version, Scalar) or version.text != API_VERSION:
        at.child("apiVersion").fail(version, f"expected {API_VERSION}")


def _unknown(node: Node, kind: str) -> Problem:
    if not isinstance(node, Fields):
        return Problem(line=node.line, message="expected a document, a map with kind")
    at = node.get("kind") or node
    if kind in UNSUPPORTED:
        message, hint = f"kind {kind} is known, not supported yet", "remove the document"
    elif not kind or kind == MAIN:
        message, hint = "expected apiVersion and kind, both texts", ""
    else:
        import difflib  # 10 ms, and only for who needs it

        known = [name for name in (*KINDS, *UNSUPPORTED) if name != MAIN]
        near = difflib.get_close_matches(kind, known, n=1, cutoff=0.5)
        message, hint = "unknown kind", f"did you mean {near[0]}?" if near else ""
    return Problem(line=at.line, path="$.kind", message=message, hint=hint)
