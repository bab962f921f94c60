"""Sync: the clock follows the servers that somebody named, and says how it fares.

    network/TimeServerStatus ─┐
    config/ActiveConfig      ─┴─► plan ─► Follow ─► runtime/TimeStatus, NTPStatus, AdjtimeStatus

Where nobody named one, or the user turned it off, the battery's clock counts as right.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.config.documents.time_sync import TimeSyncConfig
from ichor.cosi.controller import Actuator, Get, Out
from ichor.cosi.resource import Spec
from ichor.ports.time_sync import Adjtime, Follow, Following, TimeSync
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.network.ids import TIME_SERVER_ID
from ichor.resources.network.time_server import TimeServerStatus
from ichor.resources.time.ids import ADJTIME_STATUS_ID, NTP_STATUS_ID, STATUS_ID
from ichor.resources.time.status import AdjtimeStatus, NTPStatus, TimeStatus


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[ActiveConfig | None, Get("config", ID)] = None
    servers: Annotated[TimeServerStatus | None, Get("network", TIME_SERVER_ID)] = None


def plan(inputs: Inputs, held: Following) -> Iterator[Follow]:
    wanted = wish(inputs)
    if wanted != held.wish:
        yield wanted


def wish(inputs: Inputs) -> Follow:
    document = inputs.config.value.one(TimeSyncConfig) if inputs.config else None
    if document is not None and not document.enabled:
        return Follow()
    servers = inputs.servers.time_servers if inputs.servers else ()
    timeout = document.boot_timeout if document is not None and servers else None
    return Follow(servers=servers, patience_s=timeout.total_seconds() if timeout else 0.0)


def report(inputs: Inputs, held: Following) -> Iterator[tuple[str, Spec]]:
    is_alone = not wish(inputs).servers
    yield (
        STATUS_ID,
        TimeStatus(
            synced=is_alone or held.synced or held.gave_up,
            epoch=held.epoch,
            sync_disabled=is_alone,
        ),
    )
    spikes = NTPStatus(spike_detected=held.spikes > 0, consecutive_spikes=held.spikes)
    yield NTP_STATUS_ID, spikes
    yield ADJTIME_STATUS_ID, adjtime_status(held.adjtime)


def adjtime_status(held: Adjtime) -> AdjtimeStatus:
    return AdjtimeStatus(
        offset=timedelta(seconds=held.offset_s),
        frequency_adjustment_ratio=held.frequency_ratio,
        max_error=timedelta(seconds=held.max_error_s),
        est_error=timedelta(seconds=held.estimated_error_s),
        status=held.status,
        constant=held.constant,
        sync_status=held.is_synced,
        state=held.state,
    )


def time_sync(port: TimeSync) -> Actuator[Inputs, Following, Follow]:
    return Actuator(
        name="time.Sync",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=[Out(TimeStatus), Out(NTPStatus), Out(AdjtimeStatus)],
        report=report,
    )
