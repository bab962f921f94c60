"""A user's kubeconfig, shared with other tools: a cluster's access joined in and taken out again.

    own(fetched, server)     what a node gave, with the address that leads there from this host
    merged(base, own)        entries of the same names are replaced, all others stay; it is in use
    without(base, own names) the same entries gone; nobody else's is touched

Files are changed under the lock that kubectl takes (`<file>.lock`, made exclusively).
"""

import os
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ichor.errors import Conflict, FormatError
from ichor.formats.yaml.values import Value, load
from ichor.formats.yaml.write import dump

VARIABLE: Final = "KUBECONFIG"
Document = dict[str, Value]
_GROUPS: Final = ("clusters", "contexts", "users")
_CURRENT: Final = "current-context"
_EMPTY: Final[Document] = {"apiVersion": "v1", "kind": "Config", "preferences": {}}
_ATTEMPTS: Final = 20


def default_path(environment: Mapping[str, str]) -> Path:
    """Give the first file of $KUBECONFIG, or ~/.kube/config."""
    named = next((part for part in environment.get(VARIABLE, "").split(":") if part), "")
    return Path(named) if named else Path(environment.get("HOME", "/root")) / ".kube" / "config"


def read(text: str | bytes, *, file: str = "<kubeconfig>") -> Document:
    """Read the text of a kubeconfig; an empty one has no entry. Raises Problems, FormatError."""
    documents = load(text, file=file)
    first = documents[0] if documents else None
    if first is None:
        return dict(_EMPTY)
    if not isinstance(first, dict):
        raise FormatError(f"a kubeconfig in {file}")
    return first


def own(fetched: Document, server: str) -> Document:
    """Give what a node handed out, with another address of its API server."""
    clusters: list[Value] = []
    for entry in _entries(fetched, "clusters"):
        cluster = entry.get("cluster")
        held = cluster if isinstance(cluster, dict) else {}
        clusters.append({**entry, "cluster": {**held, "server": server}})
    return {**fetched, "clusters": clusters}


def merged(base: Document, own: Document) -> Document:
    """Join own's entries in, replacing those of the same names; its context is in use then."""
    joined = {**without(base, own)}
    for group in _GROUPS:
        joined[group] = [*_entries(joined, group), *_entries(own, group)]
    return {**joined, _CURRENT: own.get(_CURRENT, "")}


def without(base: Document, own: Document) -> Document:
    """Give base without own's entries; no context is in use if it was one of them."""
    left: Document = {**_EMPTY, **base}
    for group in _GROUPS:
        gone = {entry.get("name") for entry in _entries(own, group)}
        left[group] = [entry for entry in _entries(base, group) if entry.get("name") not in gone]
    names = {entry.get("name") for entry in _entries(own, "contexts")}
    current = base.get(_CURRENT, "")
    return {**left, _CURRENT: "" if current in names else current}


def _entries(document: Document, group: str) -> list[Document]:
    found = document.get(group)
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def update(path: Path, change: Callable[[Document], Document]) -> None:
    """Change a file, for the owner only, whole or not at all; one that is not there is made.

    Raises Conflict while somebody else changes it.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = path.resolve()  # a link stays a link
    with _locked(target):
        data = target.read_bytes() if target.exists() else b""
        _write(target, dump(change(read(data, file=str(path)))))


def _write(target: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


@contextmanager
def _locked(target: Path) -> Generator[None]:
    lock = target.with_name(f"{target.name}.lock")
    for attempt in range(_ATTEMPTS):
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            break
        except FileExistsError:
            if attempt + 1 == _ATTEMPTS:
                raise Conflict(f"{target} is being changed; if not, remove {lock}") from None
            time.sleep(0.1)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
