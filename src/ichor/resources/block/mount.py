"""Mounts of volumes: wanted by whom, and done."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.block.kinds import EncryptionProviderType, FilesystemType
from ichor.resources.fields import OmitEmpty


class MountRequest(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="MountRequests.block.talos.dev",
        namespace="runtime",
        aliases=("mountrequest", "mr", "mrs"),
        columns={"Volume": "{.volumeID}", "Parent": "{.parentID}", "Requesters": "{.requesters}"},
    )
    volume_id: str = field(default="", name="volumeID")
    parent_id: str = field(default="", name="parentID")
    read_only: bool = False
    detached: bool = False
    disable_access_time: OmitEmpty[bool] = False
    secure: OmitEmpty[bool] = False
    no_exec: OmitEmpty[bool] = False
    requesters: tuple[str, ...] = ()
    requester_ids: tuple[str, ...] = field(default=(), name="requesterIDs")


class MountStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="MountStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("mountstatus", "ms"),
        columns={
            "Source": "{.source}",
            "Target": "{.target}",
            "Filesystem": "{.filesystem}",
            "Volume": "{.spec.volumeID}",
        },
    )
    spec: MountRequest = MountRequest()
    source: str = ""
    target: str = ""
    filesystem: FilesystemType = FilesystemType.NONE
    encryption_provider: OmitEmpty[EncryptionProviderType] = EncryptionProviderType.NONE
    read_only: bool = False
    project_quota_support: bool = False
    detached: bool = False


class VolumeMountRequest(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="VolumeMountRequests.block.talos.dev",
        namespace="runtime",
        aliases=("volumemountrequest", "vmr", "vmrs"),
        columns={"Volume ID": "{.volumeID}", "Requester": "{.requester}"},
    )
    volume_id: str = field(default="", name="volumeID")
    requester: str = ""
    read_only: bool = False
    detached: bool = False
    disable_access_time: bool = False
    secure: bool = False
    no_exec: bool = False


class VolumeMountStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="VolumeMountStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("volumemountstatus", "vms"),
        columns={"Volume ID": "{.volumeID}", "Requester": "{.requester}", "Target": "{.target}"},
    )
    volume_id: str = field(default="", name="volumeID")
    requester: str = ""
    target: str = ""
    read_only: bool = False
    detached: bool = False
    disable_access_time: bool = False
    secure: bool = False
    no_exec: bool = False
