"""The work of lowering: fields taken out of the main document, put into others, line by line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ichor.config.document import Identity
from ichor.config.field import decode_base64
from ichor.formats.yaml.nodes import Entry, Fields, Items, Node, Scalar, is_null
from ichor.formats.yaml.problem import Problem

API_VERSION: Final = "v1alpha1"
Path = tuple[str, ...]
Draft = dict[str, "Draft | Node"]


class Lowering:
    """main: what is left. whole: as it was. given: the other documents; None in a part.

    removed: what a part takes away from documents, by paths.
    """

    def __init__(
        self,
        main: Fields,
        problems: list[Problem],
        given: Mapping[Identity, Fields] | None = None,
    ) -> None:
        self.main = main
        self.whole = main
        self._given = given
        self.removed: dict[Identity, list[Path]] = {}
        self._problems = problems
        self._drafts: dict[Identity, Draft] = {}
        self._replaced: dict[str, set[str]] = {}

    def take(self, old: str, kind: str = "") -> Node | None:
        """Take a field out; kind: what says it now. None if it is not there or says nothing."""
        path = tuple(old.split("."))
        node = find(self.main, path)
        if node is None:
            return None
        self.drop(path)
        if kind:
            self._replaced.setdefault(".".join(path[:2]), set()).add(kind)
        return None if isinstance(node, Scalar) and node.plain and is_null(node.text) else node

    def move(self, old: str, kind: str, new: str) -> None:
        node = self.take(old, kind)
        if node is not None:
            self.put(kind, new, node)

    def put(self, kind: str, new: str, node: Node, name: str = "") -> None:
        """Set a field of a document; maps are joined, what is there already is replaced."""
        draft = self._drafts.setdefault(Identity(kind, name), {})
        *above, last = new.split(".") if new else [""]
        for part in above:
            below = draft.setdefault(part, {})
            draft = below if isinstance(below, dict) else {}
        if last:
            draft[last] = node

    def imply(self, kind: str, new: str, node: Node) -> None:
        """Set what old readers took for granted, unless somebody says it or the document is there.

        Only where the main document has a cluster of the old form.
        """
        if self.is_implied(kind) and not self.has(kind, new):
            self.put(kind, new, node)

    @property
    def is_part(self) -> bool:
        return self._given is None

    def given(self, kind: str) -> Fields | None:
        return (self._given or {}).get(Identity(kind))

    def is_implied(self, kind: str) -> bool:
        has_cluster = find(self.whole, ("cluster", "controlPlane")) is not None
        return has_cluster and self._given is not None and Identity(kind) not in self._given

    def has(self, kind: str, new: str) -> bool:
        return self.taken(kind, new) is not None

    def taken(self, kind: str, new: str) -> "Draft | Node | None":
        """Give what was put there."""
        draft: Draft | Node | None = self._drafts.get(Identity(kind))
        for part in new.split("."):
            if isinstance(draft, Fields):
                draft = draft.get(part)
            else:
                draft = draft.get(part) if isinstance(draft, dict) else None
        return draft

    def drop(self, path: Path) -> None:
        self.main = without(self.main, path)

    def fail(self, node: Node, path: Path, message: str, hint: str = "") -> None:
        where = "$." + ".".join(path)
        self._problems.append(Problem(line=node.line, path=where, message=message, hint=hint))

    def text64(self, node: Node, path: str) -> Node:
        """Take text out of base64, in which the old document has certificates and keys."""
        try:
            text = decode_base64(node.text if isinstance(node, Scalar) else "")
        except ValueError:
            self.fail(node, tuple(path.split(".")), "expected base64 of text")
            text = ""
        return Scalar(node.line, text, plain=False)

    def documents(self) -> Mapping[Identity, Fields]:
        line = self.whole.line
        return {which: _document(which, draft, line) for which, draft in self._drafts.items()}

    def notes(self) -> Iterator[str]:
        for old, kinds in self._replaced.items():
            yield f"{old}: the old form of {', '.join(sorted(kinds))}"


def scalar(text: str, line: int, *, plain: bool = False) -> Scalar:
    return Scalar(line, text, plain=plain)


def fields(line: int, **values: Node) -> Fields:
    return Fields(line, tuple(Entry(line, key, value) for key, value in values.items()), 1)


def items(line: int, *values: Node) -> Items:
    return Items(line, values, 1)


def is_true(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text.lower() == "true"


def is_empty(node: Node) -> bool:
    """Tell what says nothing: null, false, "", and lists and maps of such."""
    if isinstance(node, Scalar):
        return not node.text or (node.plain and (is_null(node.text) or node.text == "false"))
    if isinstance(node, Items):
        return not node.items
    return all(is_empty(entry.value) for entry in node.entries)


def find(node: Node | None, path: Sequence[str]) -> Node | None:
    for name in path:
        node = node.get(name) if isinstance(node, Fields) else None
    return node


def names(main: Fields) -> Iterator[Path]:
    """Yield the paths of the fields of machine and cluster."""
    for top in ("machine", "cluster"):
        below = main.get(top)
        for entry in below.entries if isinstance(below, Fields) else ():
            yield top, entry.key


def without(node: Fields, path: Sequence[str]) -> Fields:
    """Give the map without the field at the path."""
    entries: list[Entry] = []
    for entry in node.entries:
        if entry.key != path[0]:
            entries.append(entry)
        elif len(path) > 1 and isinstance(entry.value, Fields):
            value = without(entry.value, path[1:])
            entries.append(Entry(entry.line, entry.key, value))
        elif len(path) > 1:
            entries.append(entry)
    return Fields(node.line, tuple(entries), node.weight)


def bare(main: Fields) -> Fields:
    """Leave out machine and cluster where nothing of them remained."""
    gone = ("machine", "cluster")
    kept = (one for one in main.entries if one.key not in gone or not is_empty(one.value))
    return Fields(main.line, tuple(kept), main.weight)


def join(given: Fields, found: Fields, path: str, problems: list[Problem]) -> Fields:
    """Lay the found beside the given; what both say is a problem, but for how they begin."""
    entries = {entry.key: entry for entry in given.entries}
    for entry in found.entries:
        old = entries.get(entry.key)
        if old is None:
            entries[entry.key] = entry
        elif isinstance(old.value, Fields) and isinstance(entry.value, Fields):
            value = join(old.value, entry.value, f"{path}.{entry.key}", problems)
            entries[entry.key] = Entry(old.line, old.key, value)
        elif entry.key not in ("apiVersion", "kind", "name"):
            message = f"given here and on line {entry.line}, in the old form"
            hint = "remove one of them"
            where = f"{path}.{entry.key}"
            problems.append(Problem(line=old.line, path=where, message=message, hint=hint))
    return Fields(given.line, tuple(entries.values()), given.weight)


def _document(which: Identity, draft: Draft, line: int) -> Fields:
    head = {"apiVersion": scalar(API_VERSION, line), "kind": scalar(which.kind, line)}
    if which.name:
        head["name"] = scalar(which.name, line)
    return _fields({**head, **draft}, line)


def _fields(draft: Draft, line: int) -> Fields:
    made = {
        key: _fields(value, line) if isinstance(value, dict) else value
        for key, value in draft.items()
    }
    entries = tuple(Entry(value.line, key, value) for key, value in made.items())
    return Fields(min((one.line for one in entries), default=line), entries, 1)
