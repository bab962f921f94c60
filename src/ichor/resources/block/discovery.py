"""What was found on the disks: volumes, and requests to look again."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class DiscoveredVolume(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="DiscoveredVolumes.block.talos.dev",
        namespace="runtime",
        aliases=("discoveredvolume", "dv", "dvs"),
        columns={
            "Type": "{.type}",
            "Size": "{.pretty_size}",
            "Discovered": "{.name}",
            "Label": "{.label}",
            "PartitionLabel": "{.partition_label}",
        },
    )
    dev_path: str = ""
    type: str = ""
    device_path: str = ""
    parent: OmitEmpty[str] = ""
    parent_dev_path: OmitEmpty[str] = ""
    offset: int = 0
    size: int = 0
    pretty_size: str = ""
    sector_size: OmitEmpty[int] = 0
    io_size: OmitEmpty[int] = 0
    name: str = ""
    uuid: OmitEmpty[str] = ""
    label: OmitEmpty[str] = ""
    block_size: OmitEmpty[int] = 0
    filesystem_block_size: OmitEmpty[int] = 0
    probed_size: OmitEmpty[int] = 0
    partition_uuid: OmitEmpty[str] = ""
    partition_type: OmitEmpty[str] = ""
    partition_label: OmitEmpty[str] = ""
    partition_index: OmitEmpty[int] = 0


class DiscoveryRefreshRequest(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="DiscoveryRefreshRequests.block.talos.dev",
        namespace="runtime",
        aliases=("discoveryrefreshrequest", "drr", "drrs"),
        columns={"Request": "{.request}"},
    )
    request: int = 0


class DiscoveryRefreshStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="DiscoveryRefreshStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("discoveryrefreshstatus", "drs"),
        columns={"Request": "{.request}"},
    )
    request: int = 0
