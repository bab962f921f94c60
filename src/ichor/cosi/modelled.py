"""Modelled: Actuators whose ports are replaced by models, for a plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar, cast

from msgspec import Struct

from ichor.cosi.controller import Actuator, Controller, Transform
from ichor.cosi.model import Model, Predicted
from ichor.cosi.resource import Kind

I = TypeVar("I", bound=Struct)  # noqa: E741 - as in ichor.cosi.controller
O = TypeVar("O")  # noqa: E741
A = TypeVar("A")
AnyModel = Model[object, object]
AnyActuator = Actuator[Struct, object, object]
Seeds = Mapping[str, object]


def pair(actuator: Actuator[I, O, A], model: Model[O, A]) -> tuple[str, AnyModel]:
    """Say that the model is the Actuator's port: an entry of the table that plans are given."""
    return actuator.name, cast("AnyModel", model)


class Planned(Struct, frozen=True):
    """An action that would be applied, by the named Actuator."""

    controller: str
    action: object


class Modelled:
    """The ports of a plan: each Actuator's observation, moved by its model.

    Without a model we know an Actuator's first actions, and nothing after them.
    """

    def __init__(self, seeds: Seeds, models: Mapping[str, AnyModel]) -> None:
        self._observed = dict(seeds)
        self._models = models
        self.actions: list[Planned] = []
        self.unknown: set[Kind] = set()

    def stand_in(self, controller: Controller) -> Iterator[Controller]:
        """Give the controller as it runs in a plan; a Source does not."""
        if isinstance(controller, Transform):
            yield controller
        elif isinstance(controller, Actuator):
            is_known = controller.name in self._models
            yield replace(
                controller,
                observe=partial(self._observe, controller.name),
                plan=controller.plan if is_known else partial(self._note, controller),
                apply=partial(self._apply, controller.name),
                resync=None,
                wakes=None,
            )

    def _observe(self, name: str) -> object:
        return self._observed[name]

    def _apply(self, name: str, action: object) -> None:
        self.actions.append(Planned(name, action))
        predicted = self._models[name](self._observed[name], action)
        if isinstance(predicted, Predicted):
            self.unknown |= set(predicted.unknown)
            predicted = predicted.observed
        self._observed[name] = predicted

    def _note(self, actuator: AnyActuator, inputs: Struct, observed: object) -> Sequence[object]:
        name = actuator.name
        self.actions = [one for one in self.actions if one.controller != name]
        self.actions += [Planned(name, action) for action in actuator.plan(inputs, observed)]
        return ()
