"""Time: synchronised or not, and how the clock runs."""

from datetime import timedelta
from typing import ClassVar

from ichor.cosi.resource import Definition, Spec


class AdjtimeStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="AdjtimeStatuses.v1alpha1.talos.dev",
        namespace="runtime",
        aliases=("adjtimestatus", "as"),
        columns={
            "Offset": "{.offset}",
            "EstError": "{.estError}",
            "MaxError": "{.maxError}",
            "Status": "{.status}",
            "Sync": "{.syncStatus}",
        },
    )
    offset: timedelta = timedelta()
    frequency_adjustment_ratio: float = 0.0
    max_error: timedelta = timedelta()
    est_error: timedelta = timedelta()
    status: str = ""
    constant: int = 0
    sync_status: bool = False
    state: str = ""


class NTPStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="NTPStatuses.v1alpha1.talos.dev",
        namespace="runtime",
        aliases=("ntpstatus", "ntps"),
        columns={
            "Spike Detected": "{.spikeDetected}",
            "Consecutive Spikes": "{.consecutiveSpikes}",
        },
    )
    spike_detected: bool = False
    consecutive_spikes: int = 0


class TimeStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="TimeStatuses.v1alpha1.talos.dev",
        namespace="runtime",
        aliases=("timestatus", "ts"),
        columns={"Synced": "{.synced}"},
    )
    synced: bool = False
    epoch: int = 0
    sync_disabled: bool = False
