"""Processors and memory, as the firmware describes them."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class Processor(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="Processors.hardware.talos.dev",
        namespace="hardware",
        aliases=("cpus", "cpu", "processor"),
        columns={
            "Manufacturer": "{.manufacturer}",
            "Model": "{.productName}",
            "Cores": "{.coreCount}",
            "Threads": "{.threadCount}",
        },
    )
    socket: OmitEmpty[str] = ""
    manufacturer: OmitEmpty[str] = ""
    product_name: OmitEmpty[str] = ""
    max_speed_mhz: OmitEmpty[int] = 0
    boot_speed_mhz: OmitEmpty[int] = 0
    status: OmitEmpty[int] = 0
    serial_number: OmitEmpty[str] = ""
    asset_tag: OmitEmpty[str] = ""
    part_number: OmitEmpty[str] = ""
    core_count: OmitEmpty[int] = 0
    core_enabled: OmitEmpty[int] = 0
    thread_count: OmitEmpty[int] = 0


class MemoryModule(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="MemoryModules.hardware.talos.dev",
        namespace="hardware",
        aliases=("memorymodules", "ram", "memorymodule", "mm", "mms"),
        columns={
            "Manufacturer": "{.manufacturer}",
            "Model": "{.productName}",
            "SizeMiB": "{.sizeMiB}",
        },
    )
    size_mib: OmitEmpty[int] = field(default=0, name="sizeMiB")
    device_locator: OmitEmpty[str] = ""
    bank_locator: OmitEmpty[str] = ""
    speed: OmitEmpty[int] = 0
    manufacturer: OmitEmpty[str] = ""
    serial_number: OmitEmpty[str] = ""
    asset_tag: OmitEmpty[str] = ""
    product_name: OmitEmpty[str] = ""


class CPUCore(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="CPUCores.hardware.talos.dev",
        namespace="hardware",
        aliases=("cpucore", "cpucores", "cpucore", "cpuc", "cpucs"),
        columns={
            "Socket": "{.socket}",
            "Core": "{.coreID}",
            "Model": "{.modelName}",
            "Logical CPUs": "{.logicalCPUs}",
        },
    )
    socket: OmitEmpty[str] = ""
    core_id: OmitEmpty[str] = field(default="", name="coreID")
    logical_cpus: OmitEmpty[tuple[int, ...]] = field(default=(), name="logicalCPUs")
    vendor_id: OmitEmpty[str] = field(default="", name="vendorID")
    cpu_family: OmitEmpty[str] = ""
    model: OmitEmpty[str] = ""
    model_name: OmitEmpty[str] = ""
    stepping: OmitEmpty[str] = ""
    microcode: OmitEmpty[str] = ""
    cache_size: OmitEmpty[str] = ""
    cores_per_socket: OmitEmpty[int] = 0
    threads_per_socket: OmitEmpty[int] = 0
    flags: OmitEmpty[tuple[str, ...]] = ()
    bugs: OmitEmpty[tuple[str, ...]] = ()
    bogo_mips: OmitEmpty[float] = 0.0
    address_sizes: OmitEmpty[str] = ""
