"""Disks and block devices as found."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class BlockDevice(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="BlockDevices.block.talos.dev",
        namespace="runtime",
        aliases=("blockdevice", "bd", "bds"),
        columns={
            "Type": "{.type}",
            "PartitionName": "{.partitionName}",
            "Generation": "{.generation}",
        },
    )
    type: str = ""
    major: int = 0
    minor: int = 0
    partition_name: OmitEmpty[str] = ""
    partition_number: OmitEmpty[int] = 0
    device_path: str = ""
    generation: int = 0
    parent: OmitEmpty[str] = ""
    secondaries: OmitEmpty[tuple[str, ...]] = ()


class Disk(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="Disks.block.talos.dev",
        namespace="runtime",
        aliases=("disk",),
        columns={
            "Size": "{.pretty_size}",
            "Read Only": "{.readonly}",
            "Transport": "{.transport}",
            "Rotational": "{.rotational}",
            "WWID": "{.wwid}",
            "Model": "{.model}",
            "Serial": "{.serial}",
        },
    )
    dev_path: str = ""
    size: int = 0
    pretty_size: str = ""
    io_size: int = 0
    sector_size: int = 0
    readonly: bool = False
    cdrom: bool = False
    model: OmitEmpty[str] = ""
    firmware_version: OmitEmpty[str] = ""
    serial: OmitEmpty[str] = ""
    modalias: OmitEmpty[str] = ""
    wwid: OmitEmpty[str] = ""
    uuid: OmitEmpty[str] = ""
    bus_path: OmitEmpty[str] = ""
    sub_system: OmitEmpty[str] = ""
    transport: OmitEmpty[str] = ""
    rotational: OmitEmpty[bool] = False
    secondary_disks: OmitEmpty[tuple[str, ...]] = ()
    symlinks: OmitEmpty[tuple[str, ...]] = ()


class SystemDisk(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SystemDisks.block.talos.dev",
        namespace="runtime",
        aliases=("systemdisk", "sd", "sds"),
        columns={"Disk": "{.diskID}"},
    )
    disk_id: str = field(default="", name="diskID")
    dev_path: str = ""


class BlockSymlink(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="BlockSymlinks.block.talos.dev",
        namespace="runtime",
        aliases=("blocksymlink", "bs"),
    )
    paths: tuple[str, ...] = ()


class UserDiskConfigStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="UserDiskConfigStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("userdiskconfigstatus", "udcs"),
        columns={"Ready": "{.ready}"},
    )
    ready: bool = False
    torn_down: bool = False
