"""Three small nouns for tests of the engine."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class Number(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="Numbers.test.dev", namespace="in")
    value: int = 0


class Text(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="Texts.test.dev", namespace="out")
    text: str = ""


class Total(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="Totals.test.dev", namespace="out")
    value: int = 0
    parts: int = 0
