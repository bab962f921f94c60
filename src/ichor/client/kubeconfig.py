"""kubeconfig files: laying one over another, as kind does, and taking it out again.

Clusters, users and contexts go by name: one of the same name is replaced, others stay, and the new
current context is in use afterwards. What else is in the file stays as it is. `update` holds the
lock that kubectl takes too (`<file>.lock`, made exclusively).
"""

import os
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ichor.errors import Conflict, InputError
from ichor.formats.yaml.values import Value, load
from ichor.formats.yaml.write import dump

_LISTS: Final = ("clusters", "users", "contexts")
_CURRENT: Final = "current-context"
_ATTEMPTS: Final = 20


def default_path(environment: Mapping[str, str]) -> Path:
    """Give the first file of $KUBECONFIG, or ~/.kube/config."""
    named = [part for part in environment.get("KUBECONFIG", "").split(":") if part]
    home = environment.get("HOME", "/root")
    return Path(named[0]) if named else Path(home) / ".kube" / "config"


def merged(old: str, new: str, *, context: str = "") -> str:
    """Lay a kubeconfig over another. context: a name for the new one's. Raises InputError."""
    base, over = _document(old, "the file that is there"), _document(new, "kubeconfig")
    if context:
        over = _renamed(over, context)
    result = {**over, **base}
    for key in _LISTS:
        result[key] = _joined(base.get(key), over.get(key))
    result[_CURRENT] = over.get(_CURRENT)
    return dump(result)


def without(old: str, own: str) -> str:
    """Take own's entries out; no context is in use if it was one of them. Raises InputError."""
    base, gone = _document(old, "the file that is there"), _document(own, "kubeconfig")
    for key in _LISTS:
        base[key] = _lacking(base.get(key), gone.get(key))
    if base.get(_CURRENT) == gone.get(_CURRENT):
        base[_CURRENT] = ""
    return dump(base)


def led_to(text: str, server: str) -> str:
    """Give a kubeconfig whose clusters are reached at another address. Raises InputError."""
    config = _document(text, "kubeconfig")
    clusters = config.get("clusters")
    led: list[Value] = []
    for item in clusters if isinstance(clusters, list) else []:
        held = item.get("cluster") if isinstance(item, dict) else None
        if isinstance(item, dict) and isinstance(held, dict):
            led.append({**item, "cluster": {**held, "server": server}})
    return dump({**config, "clusters": led})


def _document(text: str, file: str) -> dict[str, Value]:
    documents = load(text, file=file)
    if not documents or documents[0] is None:
        return {}
    if not isinstance(documents[0], dict):
        raise InputError("expected a kubeconfig", path=file)
    return documents[0]


def _joined(base: Value, over: Value) -> list[Value]:
    return [*_lacking(base, over), *(over if isinstance(over, list) else [])]


def _lacking(base: Value, gone: Value) -> list[Value]:
    names = [_name(item) for item in gone] if isinstance(gone, list) else []
    return [item for item in base if _name(item) not in names] if isinstance(base, list) else []


def _name(item: Value) -> str:
    return str(item.get("name")) if isinstance(item, dict) else ""


def _renamed(config: dict[str, Value], name: str) -> dict[str, Value]:
    contexts = config.get("contexts")
    old = config.get(_CURRENT)
    named: list[Value] = [
        {**item, "name": name} if isinstance(item, dict) and item.get("name") == old else item
        for item in (contexts if isinstance(contexts, list) else [])
    ]
    return {**config, "contexts": named, _CURRENT: name}


def save(path: Path, text: str) -> None:
    """Write a file for the owner only, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()  # a link stays a link
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def update(path: Path, change: Callable[[str], str]) -> None:
    """Change a file; one that is not there was empty. Raises Conflict while another does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()
    with _locked(target):
        save(target, change(target.read_text(encoding="utf-8") if target.exists() else ""))


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
