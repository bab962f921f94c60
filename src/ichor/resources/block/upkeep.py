"""Regular upkeep of file systems: trimming and scrubbing."""

from datetime import datetime, timedelta
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec
from ichor.resources.block.kinds import FilesystemType
from ichor.resources.fields import NO_TIME


class VolumeTrimSchedule(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="VolumeTrimSchedules.block.talos.dev",
        namespace="runtime",
        aliases=("volumetrimschedule", "vts"),
        columns={
            "Filesystem": "{.filesystem}",
            "Interval": "{.interval}",
            "Next Trim": "{.nextTrim}",
        },
    )
    filesystem: FilesystemType = FilesystemType.NONE
    interval: timedelta = timedelta()
    next_trim: datetime = NO_TIME


class FSScrubSchedule(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="FSScrubSchedules.block.talos.dev",
        namespace="runtime",
        aliases=("fsscrubschedule", "fsss"),
        columns={
            "Filesystem": "{.filesystem}",
            "Interval": "{.interval}",
            "Next Scrub": "{.nextScrub}",
        },
    )
    filesystem: FilesystemType = FilesystemType.NONE
    interval: timedelta = timedelta()
    next_scrub: datetime = NO_TIME


class FSScrubStatus(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="FSScrubStatuses.block.talos.dev",
        namespace="runtime",
        aliases=("fsscrubstatus", "fsss"),
        columns={
            "Mountpoint": "{.mountpoint}",
            "Interval": "{.interval}",
            "Latest start time": "{.time}",
            "Latest run duration": "{.duration}",
            "Latest status": "{.status}",
        },
    )
    mountpoint: str = ""
    interval: timedelta = timedelta()
    time: datetime = NO_TIME
    duration: timedelta = timedelta()
    status: str = ""
