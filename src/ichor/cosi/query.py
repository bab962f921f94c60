"""Queries over resources: by labels and by id, as the State API asks them.

    a query  = any of its label selectors (or none given) AND the id expression (or none given)
    selector = all of its terms
    term     = key, operator, values, inverted or not; an inverted term is plain negation, so a
               resource without the label matches `invert=True` of every operator but EXISTS

An id expression is searched, not anchored: write `^eth0$` for the whole id.
"""

import enum
from collections.abc import Mapping

from msgspec import Struct

from ichor.cosi.pattern import pattern
from ichor.cosi.resource import Resource, Spec


class Operator(enum.Enum):
    EXISTS = "exists"
    EQUAL = "equal"
    IN = "in"
    LT = "lt"
    LTE = "lte"
    LT_NUMERIC = "lt numeric"
    LTE_NUMERIC = "lte numeric"


class Term(Struct, frozen=True):
    key: str
    operator: Operator = Operator.EXISTS
    values: tuple[str, ...] = ()
    invert: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        return self._holds(labels.get(self.key)) is not self.invert

    def _holds(self, value: str | None) -> bool:
        if value is None:
            return False
        if self.operator is Operator.EXISTS:
            return True
        if self.operator is Operator.IN:
            return value in self.values
        return any(_compare(self.operator, value, bound) for bound in self.values[:1])


def exists(key: str) -> Term:
    return Term(key)


def absent(key: str) -> Term:
    return Term(key, invert=True)


def equal(key: str, value: str) -> Term:
    return Term(key, Operator.EQUAL, (value,))


def one_of(key: str, *values: str) -> Term:
    return Term(key, Operator.IN, values)


class Query(Struct, frozen=True, kw_only=True):
    """labels: alternatives, each a conjunction of terms. ids: regular expression, searched."""

    labels: tuple[tuple[Term, ...], ...] = ()
    ids: str = ""

    def matches(self, resource: Resource[Spec]) -> bool:
        if self.ids and not pattern(self.ids).search(resource.id):
            return False
        if not self.labels:
            return True
        labels = resource.labels
        return any(all(term.matches(labels) for term in terms) for terms in self.labels)

    @property
    def is_open(self) -> bool:
        """Whether everything matches."""
        return not self.labels and not self.ids


ANYTHING = Query()


def where(*terms: Term, ids: str = "") -> Query:
    """Make the query of one conjunction."""
    return Query(labels=(terms,) if terms else (), ids=ids)


def _compare(operator: Operator, value: str, bound: str) -> bool:
    if operator is Operator.EQUAL:
        return value == bound
    if operator is Operator.LT:
        return value < bound
    if operator is Operator.LTE:
        return value <= bound
    left, right = _number(value), _number(bound)
    if left is None or right is None:
        return False
    return left < right if operator is Operator.LT_NUMERIC else left <= right


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
