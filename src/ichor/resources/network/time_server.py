"""Time servers: wanted and used."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty
from ichor.resources.network.kinds import Layer


class TimeServerSpec(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="TimeServerSpecs.net.talos.dev",
        namespace="network",
        aliases=("timeserverspec", "tss"),
        columns={"Timeservers": "{.timeServers}", "UseNTS": "{.useNTS}"},
    )
    time_servers: tuple[str, ...] = ()
    use_nts: OmitEmpty[bool] = field(default=False, name="useNTS")
    layer: Layer = Layer.DEFAULT


class TimeServerStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="TimeServerStatuses.net.talos.dev",
        namespace="network",
        aliases=("timeserver", "timeservers", "timeserverstatus", "tss"),
        columns={"Timeservers": "{.timeServers}", "UseNTS": "{.useNTS}"},
    )
    time_servers: tuple[str, ...] = ()
    use_nts: bool = field(default=False, name="useNTS")
