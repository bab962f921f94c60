"""What the platform says of the machine."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class PlatformMetadata(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="PlatformMetadatas.talos.dev",
        namespace="runtime",
        aliases=("platformmetadata", "pm", "pms"),
        columns={
            "Platform": "{.platform}",
            "Type": "{.instanceType}",
            "Region": "{.region}",
            "Zone": "{.zone}",
        },
    )
    platform: OmitEmpty[str] = ""
    hostname: OmitEmpty[str] = ""
    region: OmitEmpty[str] = ""
    zone: OmitEmpty[str] = ""
    instance_type: OmitEmpty[str] = ""
    instance_id: OmitEmpty[str] = ""
    provider_id: OmitEmpty[str] = ""
    spot: OmitEmpty[bool] = False
    internal_dns: OmitEmpty[str] = field(default="", name="internalDNS")
    external_dns: OmitEmpty[str] = field(default="", name="externalDNS")
    tags: OmitEmpty[Mapping[str, str]] = {}
