"""The machine as its firmware describes it, and PCR banks."""

from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class SystemInformation(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="SystemInformations.hardware.talos.dev",
        namespace="hardware",
        aliases=("systeminformation", "systeminformation", "si", "sis"),
        columns={
            "Manufacturer": "{.manufacturer}",
            "ProductName": "{.productName}",
            "Version": "{.version}",
            "SerialNumber": "{.serialnumber}",
            "UUID": "{.uuid}",
            "WakeUpType": "{.wakeUpType}",
            "SKUNumber": "{.skuNumber}",
        },
    )
    manufacturer: OmitEmpty[str] = ""
    product_name: OmitEmpty[str] = ""
    version: OmitEmpty[str] = ""
    bios_version: OmitEmpty[str] = ""
    serialnumber: OmitEmpty[str] = ""
    uuid: OmitEmpty[str] = ""
    wake_up_type: OmitEmpty[str] = ""
    sku_number: OmitEmpty[str] = ""


class PCRStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="PCRStatuses.hardware.talos.dev",
        namespace="hardware",
        aliases=("pcrstatus", "pcrs"),
    )
