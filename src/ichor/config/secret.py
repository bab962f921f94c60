"""Values that must not be seen: a secret text, and a free-form object that may hold one.

repr, str and format of both say nothing of the value; `reveal()` gives it, and is what to look
for in a review. Comparing takes the same time wherever two secrets differ.
"""

import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Final, NoReturn, cast

from ichor.formats.yaml.values import Value

HIDDEN: Final = "<secret>"


class Secret:
    """A text that repr, str, format and pickle do not show. False if it is empty."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other.reveal().encode())

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; reveal() it where it is needed")


class Object(Mapping[str, Value]):
    """A free-form object: unchanging, compared by value, its content hidden from repr."""

    __slots__ = ("_json",)

    def __init__(self, content: Mapping[str, Value] | None = None) -> None:
        self._json = json.dumps(dict(content or {}))

    def value(self) -> dict[str, Value]:
        """Give a copy of the content that the caller may change."""
        return cast("dict[str, Value]", json.loads(self._json))

    def __getitem__(self, key: str) -> Value:
        return self.value()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.value())

    def __len__(self) -> int:
        return len(self.value())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Object):
            return NotImplemented
        return self.value() == other.value()

    def __hash__(self) -> int:
        return hash(json.dumps(self.value(), sort_keys=True))

    def __repr__(self) -> str:
        return f"<object of {len(self)} fields>"
