"""Old configurations, which said all in the main document, as the documents that say it now.

    machine.kubelet.image: x      ─►  kind: KubeletConfig     image: x
    cluster.proxy.disabled: true  ─►  kind: KubeProxyConfig   enabled: false

Nodes in, nodes out, each with the line it came from: what is wrong with a value is found where the
new document is decoded. What has no place is refused by its name, what says nothing (`{}`, `false`)
is dropped. A value that stands in both is an error, not a choice.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from ichor.config import lower_rules as rules
from ichor.config.document import Identity
from ichor.config.documents.v1alpha1 import Cluster, Machine
from ichor.config.lowering import Lowering, bare, find, is_empty, join, names
from ichor.formats.yaml.nodes import Fields, Node
from ichor.formats.yaml.problem import Problem

_OLD: Final = {"machine": Machine.UNSUPPORTED, "cluster": Cluster.UNSUPPORTED}


class Lowered(Struct, frozen=True, kw_only=True):
    """main: what remains. documents: by identity. notes: which old field is which kind now.

    removed: of a part, what it takes away from documents.
    """

    main: Fields
    documents: Mapping[Identity, Fields]
    notes: tuple[str, ...] = ()
    removed: Mapping[Identity, Sequence[tuple[str, ...]]] = {}


def lower(
    main: Fields,
    problems: list[Problem],
    *,
    given: Mapping[Identity, Fields] | None = None,
) -> Lowered:
    """Take the old fields out of a main document, and join them with the documents given.

    given: None for a part, as of a patch; for a whole, what old readers took for granted is
    written too, unless a document says something about it.
    """
    work = Lowering(main, problems, given)
    for old, (kind, new) in rules.MOVES.items():
        work.move(old, kind, new)
    for special in rules.SPECIAL:
        special(work)
    rules.imply(work)
    _refuse_the_rest(work)
    held = given or {}
    documents = {
        which: join(held[which], found, f"{which} $", problems) if which in held else found
        for which, found in work.documents().items()
    }
    return Lowered(
        main=work.main, documents=documents, notes=tuple(work.notes()), removed=work.removed
    )


def is_old(path: Sequence[str]) -> bool:
    """Tell whether a field of the main document is one that moved."""
    dotted = ".".join(path)
    moved = (*rules.MOVES, *rules.TAKEN)
    return any(f"{old}.".startswith(f"{dotted}.") and len(path) > 1 for old in moved)


def _refuse_the_rest(work: Lowering) -> None:
    for container in sorted(rules.CONTAINERS, key=len, reverse=True):
        node = find(work.main, container)
        if not isinstance(node, Fields):
            continue
        for entry in node.entries:
            path = (*container, entry.key)
            if path not in rules.CONTAINERS:
                _refuse(work, path, entry.value)
        work.drop(container)
    for path in names(work.main):
        node = find(work.main, path)
        if node is not None and path[-1] in _OLD[path[0]] and is_empty(node):
            work.drop(path)
    work.main = bare(work.main)


def _refuse(work: Lowering, path: tuple[str, ...], node: Node) -> None:
    known = rules.KNOWN.get(".".join(path[:-1]), frozenset())
    if path[-1] in known:
        if not is_empty(node):
            work.fail(node, path, "known, not supported yet", "remove the field")
        return
    import difflib  # 10 ms, and only for who needs it

    options = {*known, *(old[-1] for old in rules.below(path[:-1]))}
    near = difflib.get_close_matches(path[-1], sorted(options), n=1, cutoff=0.6)
    work.fail(node, path, "unknown field", f"did you mean {near[0]}?" if near else "")
