"""What changes between two configurations, for people: a summary and a unified diff.

Secrets are not shown. One that both have reads `<secret>`, one that is new `<secret, changed>`.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Final

from ichor.config.container import Config
from ichor.config.document import Document, Identity, Part, identity
from ichor.config.documents.kube_etcd_encryption import KubeEtcdEncryptionConfig
from ichor.config.encode import to_value
from ichor.config.secret import HIDDEN, Secret
from ichor.config.shape import members
from ichor.formats.yaml.values import Value
from ichor.formats.yaml.write import dump

CHANGED: Final = "<secret, changed>"
NO_CHANGES: Final = "No changes."


def summary(old: Config, new: Config) -> str:
    """Give one line per document that comes, goes or changes; NO_CHANGES if none does."""
    before, after = _by_identity(old), _by_identity(new)
    lines = [f"- {which} removed" for which in before if which not in after]
    lines += [f"- {which} added" for which in after if which not in before]
    lines += [
        f"- {which} changed"
        for which, document in after.items()
        if which in before and before[which] != document
    ]
    return "\n".join(lines) or NO_CHANGES


def unified(old: Config, new: Config) -> str:
    """Give the differing documents as a unified diff, empty if none differs."""
    import difflib  # 120 KiB, and only for who needs it

    before, after = _by_identity(old), _by_identity(new)
    known = frozenset(text for document in old.documents for text in secrets_of(document))
    parts: list[str] = []
    for which in dict.fromkeys((*before, *after)):
        one, other = before.get(which), after.get(which)
        if one != other:
            lines = difflib.unified_diff(
                _lines(one, known), _lines(other, known), f"a/{which}", f"b/{which}"
            )
            parts.append("".join(lines))
    return "".join(parts)


def redacted(document: Document, known: frozenset[str] | None = None) -> dict[str, Value]:
    """Give a document as values without its secrets; those not in `known` read CHANGED."""
    words = {
        text: HIDDEN if known is None or text in known else CHANGED for text in secrets_of(document)
    }
    return {key: _hide(value, words) for key, value in to_value(document).items()}


def secrets_of(part: object) -> Iterator[str]:
    """Yield every secret text of a document, as it stands there and as base64."""
    if isinstance(part, Secret):
        if part:
            yield part.reveal()
            yield base64.b64encode(part.reveal().encode()).decode()
    elif isinstance(part, KubeEtcdEncryptionConfig):
        yield from _texts(part.config.value(), below_secret=False)
    elif isinstance(part, Part):
        for member in members(type(part)):
            yield from secrets_of(getattr(part, member.attribute))
    elif isinstance(part, tuple):
        for item in part:
            yield from secrets_of(item)
    elif isinstance(part, Mapping):
        for item in part.values():
            yield from secrets_of(item)


def _texts(value: Value, *, below_secret: bool) -> Iterator[str]:
    if isinstance(value, str) and below_secret:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, below_secret=below_secret)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, below_secret=below_secret or key == "secret")


def _hide(value: Value, words: Mapping[str, str]) -> Value:
    if isinstance(value, str):
        return words.get(value, value)
    if isinstance(value, list):
        return [_hide(item, words) for item in value]
    if isinstance(value, dict):
        return {key: _hide(item, words) for key, item in value.items()}
    return value


def _lines(document: Document | None, known: frozenset[str]) -> list[str]:
    return dump(redacted(document, known)).splitlines(keepends=True) if document else []


def _by_identity(config: Config) -> dict[Identity, Document]:
    return {identity(document): document for document in config.documents}
