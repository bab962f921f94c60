"""LinkNames: the configuration with names where documents call a link by its alias.

    config/ActiveConfig         ─┐
    network/LinkAliasSpec (all) ─┴─► network/ActiveConfig "v1alpha1"

What is about links reads this one. An alias of a device that is not there yet stays as it is, and
is the name of a link that nobody has.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.config.links import renamed
from ichor.cosi.controller import All, Get, Out, Output, Transform
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.link_alias import LinkAliasSpec


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None
    aliases: Annotated[Mapping[str, LinkAliasSpec], All("network")] = {}


def reconcile(inputs: Inputs) -> Iterator[Output]:
    if inputs.config is not None:
        names = {spec.alias: link for link, spec in inputs.aliases.items()}
        named = ActiveConfig(value=renamed(inputs.config.value, names))
        yield Output(id=ID, spec=named, namespace="network")


link_names = Transform(
    name="network.LinkNames",
    inputs=Inputs,
    outputs=[Out(ActiveConfig, "network")],
    reconcile=reconcile,
)
