"""Models: what an action does to what is observed, as a pure function.

    model(observed, action) -> observed'

A model is the port without the world: plans run on it, and with faults added it is the fake of the
tests. What only the world can give (a lease, a pod's status) a model does not invent: it names the
kinds that will tell, and a plan shows those as known after apply.
"""

from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from ichor.cosi.resource import Kind

O = TypeVar("O")  # noqa: E741 - observed, as in ichor.cosi.controller
A_contra = TypeVar("A_contra", contravariant=True)


class Predicted(Struct, Generic[O], frozen=True):
    """An observation, and the kinds whose contents only the world can give after the action."""

    observed: O
    unknown: tuple[Kind, ...] = ()


class Model(Protocol[O, A_contra]):
    def __call__(self, observed: O, action: A_contra, /) -> O | Predicted[O]: ...
