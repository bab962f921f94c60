"""Environment of services, devices being ready, log and event targets."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import Url


class Environment(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Environments.runtime.talos.dev",
        namespace="runtime",
        aliases=("env", "environment"),
        columns={"Variables": "{.variables}"},
    )
    variables: tuple[str, ...] = ()


class DevicesStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="DevicesStatuses.runtime.talos.dev",
        namespace="runtime",
        aliases=("devicesstatus", "ds"),
        columns={"Ready": "{.ready}"},
    )
    ready: bool = False


class EventSinkConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="EventSinkConfigs.runtime.talos.dev",
        namespace="runtime",
        aliases=("eventsinkconfig", "esc", "escs"),
    )
    endpoint: str = ""


class KmsgLogConfig(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KmsgLogConfigs.runtime.talos.dev",
        namespace="runtime",
        aliases=("kmsglogconfig", "klc", "klcs"),
    )
    destinations: tuple[Url, ...] = ()
