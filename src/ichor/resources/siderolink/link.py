"""The link to a fleet manager."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import AddressPort


class SiderolinkConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SiderolinkConfigs.siderolink.talos.dev",
        namespace="config",
        aliases=("siderolinkconfig", "sc", "scs"),
        columns={"API Endpoint": "{.apiEndpoint}", "Tunnel": "{.tunnel}"},
        sensitive=True,
    )
    api_endpoint: str = ""
    host: str = ""
    join_token: str = ""
    insecure: bool = False
    tunnel: bool = False


class SiderolinkStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SiderolinkStatuses.siderolink.talos.dev",
        namespace="config",
        aliases=("siderolinkstatus", "ss"),
        columns={"Host": "{.host}", "Connected": "{.connected}"},
    )
    host: str = ""
    connected: bool = False
    link_name: str = ""
    grpc_tunnel: bool = False


class SiderolinkTunnel(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SiderolinkTunnels.siderolink.talos.dev",
        namespace="config",
        aliases=("siderolinktunnel", "st", "sts"),
        columns={
            "API Endpoint": "{.apiEndpoint}",
            "Link name": "{.linkName}",
            "MTU": "{.mtu}",
            "Node address": "{.nodeAddress}",
        },
        sensitive=True,
    )
    api_endpoint: str = ""
    link_name: str = ""
    mtu: int = 0
    node_address: AddressPort = ""
