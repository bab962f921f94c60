"""Environment: variables of the service that goes out to the world by itself.

    config/ActiveConfig: EnvironmentConfig ─► runtime/Environment "environment"

containerd, which pulls images, is given them; what it needs to be set is not theirs to change. No
other service asks anybody outside the cluster, and a proxy is not to stand before the API server.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.environment import EnvironmentConfig
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.active import ID as CONFIG_ID
from ichor.resources.config.active import ActiveConfig
from ichor.resources.runtime.environment import Environment

ID = "environment"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig, Get("config", CONFIG_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, Environment]]:
    document = inputs.config.value.one(EnvironmentConfig)
    if document is not None:
        given = sorted(document.variables.items())
        variables = tuple(f"{name}={value.reveal()}" for name, value in given)
        yield ID, Environment(variables=variables)


def by_name(given: Environment | None) -> Mapping[str, str]:
    parted = (one.partition("=") for one in given.variables) if given else ()
    return {name: value for name, _, value in parted}


environment = Transform(
    name="runtime.Environment", inputs=Inputs, outputs=[Out(Environment)], reconcile=reconcile
)
