from datetime import timedelta

from ichor.controllers.config.current import current
from ichor.cosi.state import find
from ichor.resources.config.generation import ConfigGeneration, Reach, generation_id
from ichor.resources.config.machine import MachineConfig
from ichor.resources.runtime.boot import BootID
from ichor.testing.engine import START, World

ACTIVE, PERSISTENT = "v1alpha1", "persistent"


def world(*generations: ConfigGeneration, boot: str = "b2") -> World:
    made = World((current,))
    made.put(BootID(boot_id=boot), "boot-id")
    for number, generation in enumerate(generations, 1):
        made.put(generation, generation_id(number))
    made.settle()
    return made


def generation(
    text: str, reach: Reach = Reach.NOW, boot: str = "b2", minutes: int = 1
) -> ConfigGeneration:
    until = START + timedelta(minutes=minutes)
    return ConfigGeneration(text=text, applied=START, reach=reach, boot=boot, until=until)


def texts(made: World) -> tuple[str, str]:
    found = (find(made.state, MachineConfig, id) for id in (ACTIVE, PERSISTENT))
    active, lasting = (one.spec.text if one else "" for one in found)
    return active, lasting


def test_the_newest_generation_is_in_force_and_lasts() -> None:
    assert texts(world(generation("a"), generation("b"))) == ("b", "b")


def test_a_staged_generation_waits_for_the_next_boot() -> None:
    staged = generation("b", Reach.NEXT_BOOT, boot="b2")
    assert texts(world(generation("a"), staged)) == ("a", "b")
    assert texts(world(generation("a"), staged, boot="b3")) == ("b", "b")


def test_a_trial_ends_by_itself_and_never_lasts() -> None:
    made = world(generation("a"), generation("b", Reach.TRIAL, minutes=1))
    assert texts(made) == ("b", "a")
    made.advance(timedelta(minutes=1))
    assert texts(made) == ("a", "a")


def test_a_trial_does_not_survive_a_boot() -> None:
    trial = generation("b", Reach.TRIAL, boot="b1", minutes=60)
    assert texts(world(generation("a"), trial, boot="b2")) == ("a", "a")


def test_a_later_generation_ends_a_trial() -> None:
    made = world(generation("a"), generation("b", Reach.TRIAL), generation("c"))
    assert texts(made) == ("c", "c")


def test_nothing_is_in_force_before_anything_was_applied() -> None:
    assert texts(world()) == ("", "")
