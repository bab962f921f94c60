"""Generations: every configuration that was ever applied, by number, on STATE."""

import enum
from datetime import datetime
from typing import ClassVar

from ichor.cosi.resource import EPOCH, Definition, Spec
from ichor.resources.fields import Verbatim

NAMESPACE = "config"


class Reach(enum.Enum):
    """Since when, and until when, a generation counts."""

    NOW = "now"
    NEXT_BOOT = "next boot"
    TRIAL = "trial"


class ConfigGeneration(Spec, frozen=True, kw_only=True):
    """text: the configuration's YAML, to the byte. Its id is its number, ten digits.

    boot: the id of the boot in which it was applied; NEXT_BOOT counts in every other one, TRIAL in
    this one only and before `until`.
    """

    definition: ClassVar[Definition] = Definition(
        type="ConfigGenerations.ichor.dev",
        namespace=NAMESPACE,
        aliases=("configgeneration", "generation", "generations"),
        columns={"Reach": "{.reach}", "Applied": "{.applied}"},
        sensitive=True,
    )
    text: Verbatim
    applied: datetime
    reach: Reach = Reach.NOW
    boot: str = ""
    until: datetime = EPOCH


def generation_id(number: int) -> str:
    """Give the id of a generation; ids sort as their numbers do."""
    return f"{number:010}"
