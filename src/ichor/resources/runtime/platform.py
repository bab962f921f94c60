"""What the platform says of the machine."""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.formats.platform import Answer
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


class PlatformAnswer(Spec, frozen=True, kw_only=True):
    """Kind of ours, never on the wire: what it said, is remembered to have said, or nothing."""

    definition: ClassVar[Definition] = Definition(
        type="PlatformAnswers.ichor.dev", namespace="runtime", sensitive=True
    )
    platform: str
    value: Answer
