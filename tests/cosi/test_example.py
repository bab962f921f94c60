"""A whole feature as it is meant to be written: nouns, a Transform, an Actuator with its port.

config/Name (any) ─┐
system/Identity   ─┴─► choose ─► system/Name "name" ─► apply ─► the machine ─► NameStatus
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Protocol

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Get, Out, Transform
from ichor.cosi.resource import Definition, Resource, Spec
from ichor.testing.engine import World, run


class Name(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="Names.example.dev", namespace="system")
    host: str
    layer: int = 0


class Identity(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="Ids.example.dev", namespace="system")
    node_id: str


class NameStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(type="States.example.dev", namespace="system")
    host: str


# controllers/network/name.py


class Inputs(Struct, frozen=True, kw_only=True):
    offers: Annotated[Sequence[Resource[Name]], All("config")] = ()
    identity: Annotated[Identity | None, Get("system", "local")] = None


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Name]]:
    """Yield at most one name; none while nothing is known about the node."""
    if inputs.offers:
        best = min(inputs.offers, key=lambda offer: (-offer.spec.layer, offer.id))
        yield "name", best.spec
    elif inputs.identity is not None:
        yield "name", Name(host=stable_name(inputs.identity.node_id))


def stable_name(node_id: str) -> str:
    """Name a node by its id: the same id always gives the same 'node-xxxxxx'."""
    return f"node-{hashlib.sha256(node_id.encode()).hexdigest()[:6]}"


name = Transform(name="example.Name", inputs=Inputs, outputs=[Out(Name)], reconcile=reconcile)


# ports/uts.py and controllers/network/name_apply.py


class Uts(Protocol):
    def read(self) -> str: ...
    def write(self, host: str) -> None: ...


class Wanted(Struct, frozen=True, kw_only=True):
    name: Annotated[Name | None, Get("system", "name")] = None


def plan(inputs: Wanted, current: str) -> Iterator[str]:
    """Yield the name to write: nothing when none is wanted or it already holds."""
    if inputs.name is not None and inputs.name.host != current:
        yield inputs.name.host


def report(inputs: Wanted, current: str) -> Iterator[tuple[str, NameStatus]]:
    yield "name", NameStatus(host=current)


def name_apply(uts: Uts) -> Actuator[Wanted, str, str]:
    return Actuator(
        name="example.NameApply",
        inputs=Wanted,
        observe=uts.read,
        plan=plan,
        apply=uts.write,
        outputs=[Out(NameStatus)],
        report=report,
    )


# The tests of both


class FakeUts:
    def __init__(self) -> None:
        self.host = "(none)"

    def read(self) -> str:
        return self.host

    def write(self, host: str) -> None:
        self.host = host


def test_the_highest_layer_wins() -> None:
    world = World([name])
    world.put(Name(host="low"), "a", namespace="config")
    world.put(Name(host="high", layer=2), "b", namespace="config")
    world.settle()
    assert world.spec(Name, "name") == Name(host="high", layer=2)


def test_without_an_offer_the_name_is_made_from_the_identity() -> None:
    assert run(name, Inputs(identity=Identity(node_id="x"))) == {"name": Name(host="node-2d7116")}


def test_the_machine_gets_the_name_and_says_so() -> None:
    uts = FakeUts()
    world = World([name, name_apply(uts)])
    world.put(Identity(node_id="x"), "local")
    world.settle()
    assert uts.host == "node-2d7116"
    assert world.spec(NameStatus, "name") == NameStatus(host="node-2d7116")
