"""PCI devices and their drivers."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class PCIDevice(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="PCIDevices.hardware.talos.dev",
        namespace="hardware",
        aliases=("devices", "device", "pcidevice", "pcid", "pcids"),
        columns={
            "Class": "{.class}",
            "Subclass": "{.subclass}",
            "Vendor": "{.vendor}",
            "Product": "{.product}",
        },
    )
    class_: OmitEmpty[str] = field(default="", name="class")
    subclass: OmitEmpty[str] = ""
    vendor: OmitEmpty[str] = ""
    product: OmitEmpty[str] = ""
    class_id: str = ""
    subclass_id: str = ""
    vendor_id: str = ""
    product_id: str = ""
    driver: OmitEmpty[str] = ""


class PCIDriverRebindConfig(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="PCIDriverRebindConfigs.runtime.talos.dev",
        namespace="hardware",
        aliases=("pcidriverrebindconfig", "pcidrc", "pcidrcs"),
        columns={"Name": "{.name}", "PCI ID": "{.pciID}", "TargetDriver": "{.targetDriver}"},
    )
    pci_id: str = field(default="", name="pciID")
    target_driver: str = ""


class PCIDriverRebindStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="PCIDriverRebindStatuses.runtime.talos.dev",
        namespace="hardware",
        aliases=("pcidriverrebinds", "pcidriverrebindstatus", "pcidrs"),
        columns={"Name": "{.name}", "PCI ID": "{.pciID}", "TargetDriver": "{.targetDriver}"},
    )
    pci_id: str = field(default="", name="pciID")
    target_driver: str = ""
