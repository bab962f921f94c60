"""What a document is: a frozen struct of one kind, identified by kind and name."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, NamedTuple

from msgspec import Struct

from ichor.config.field import FILLED


class Fault(NamedTuple):
    """What is wrong with a decoded document. path: below it, as `issuer.issuerURL`."""

    path: str
    message: str
    hint: str = ""


class Part(Struct, frozen=True, kw_only=True, rename="camel"):
    """An object inside a document.

    UNSUPPORTED: fields that the format knows and that have no effect here yet; they are refused.
    """

    UNSUPPORTED: ClassVar[frozenset[str]] = frozenset()

    def faults(self) -> Iterator[Fault]:
        """Yield what is wrong though each field alone is right."""
        return iter(())


class Document(Part, frozen=True, kw_only=True):
    """OF_CONTROL_PLANES: a worker must not have it."""

    KIND: ClassVar[str]
    OF_CONTROL_PLANES: ClassVar[bool] = False


class Named(Document, frozen=True, kw_only=True):
    """A kind of which there may be several documents, told apart by name."""

    name: Annotated[str, FILLED]


class Identity(NamedTuple):
    """name is empty for kinds that occur once; kind is `v1alpha1` for the main document."""

    kind: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.name else self.kind


def identity(document: Document) -> Identity:
    return Identity(document.KIND, document.name if isinstance(document, Named) else "")
