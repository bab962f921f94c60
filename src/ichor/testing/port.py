"""A fake port: the port's own pure model over an attribute, and faults on demand."""

from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

from ichor.cosi.wakes import Wakes

O = TypeVar("O")  # noqa: E741 - observed
A = TypeVar("A")


class Modelled(Generic[O, A]):
    """Behaves as the model says; `fail` raises for an action when the test wants so."""

    def __init__(self, observed: O, model: Callable[[O, A], O]) -> None:
        self._observed = observed
        self._model = model
        self._wakes = Wakes()
        self.fail: Callable[[A], None] = lambda action: None

    def observe(self) -> O:
        return self._observed

    def apply(self, action: A) -> None:
        self.fail(action)
        self._observed = self._model(self._observed, action)
        self._wakes.ring()

    def wakes(self) -> AsyncIterator[None]:
        return self._wakes.listen()
