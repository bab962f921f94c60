"""Probes of connectivity and their results."""

from datetime import timedelta
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty, Part, Url
from ichor.resources.network.kinds import Layer


class TCPProbe(Part, frozen=True, kw_only=True):
    endpoint: str = ""
    timeout: timedelta = timedelta()


class HTTPProbe(Part, frozen=True, kw_only=True):
    url: Url = ""
    timeout: timedelta = timedelta()


class ProbeSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ProbeSpecs.net.talos.dev",
        namespace="network",
        aliases=("probespec", "ps"),
    )
    interval: timedelta = timedelta()
    failure_threshold: int = 0
    tcp: OmitEmpty[TCPProbe | None] = None
    layer: Layer = Layer.DEFAULT
    http: OmitEmpty[HTTPProbe | None] = None


class ProbeStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="ProbeStatuses.net.talos.dev",
        namespace="network",
        aliases=("probe", "probes", "probestatus", "ps"),
        columns={"Success": "{.success}"},
    )
    success: bool = False
    last_error: str = ""
