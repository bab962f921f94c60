"""kubeconfig files: laying one over another, as kind does.

Clusters, users and contexts go by name: one of the same name is replaced, others stay, and the new
current context is in use afterwards. What else is in the file stays as it is.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ichor.errors import InputError
from ichor.formats.yaml.values import Value, load
from ichor.formats.yaml.write import dump

_LISTS: Final = ("clusters", "users", "contexts")
_CURRENT: Final = "current-context"


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


def _document(text: str, file: str) -> dict[str, Value]:
    documents = load(text, file=file)
    if not documents or documents[0] is None:
        return {}
    if not isinstance(documents[0], dict):
        raise InputError("expected a kubeconfig", path=file)
    return documents[0]


def _joined(base: Value, over: Value) -> list[Value]:
    fresh = list(over) if isinstance(over, list) else []
    taken = {_name(item) for item in fresh}
    kept = [item for item in base if _name(item) not in taken] if isinstance(base, list) else []
    return [*kept, *fresh]


def _name(item: Value) -> Value:
    return item.get("name") if isinstance(item, dict) else None


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
