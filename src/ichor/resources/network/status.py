"""What of the network is ready."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class NetworkStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="NetworkStatuses.net.talos.dev",
        namespace="network",
        aliases=("netstatus", "netstatuses", "networkstatus", "ns"),
        columns={
            "Address": "{.addressReady}",
            "Connectivity": "{.connectivityReady}",
            "Hostname": "{.hostnameReady}",
            "Etc": "{.etcFilesReady}",
        },
    )
    address_ready: bool = False
    connectivity_ready: bool = False
    hostname_ready: bool = False
    etc_files_ready: bool = False
