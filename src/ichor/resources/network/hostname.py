"""The host's name: wanted and held."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.network.kinds import Layer


class HostnameSpec(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="HostnameSpecs.net.talos.dev",
        namespace="network",
        aliases=("hostnamespec", "hs"),
    )
    hostname: str = ""
    domainname: str = ""
    layer: Layer = Layer.DEFAULT


class HostnameStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="HostnameStatuses.net.talos.dev",
        namespace="network",
        aliases=("hostname", "hostnamestatus", "hs"),
        columns={"Hostname": "{.hostname}", "Domainname": "{.domainname}"},
    )
    hostname: str = ""
    domainname: str = ""
