"""The clock follows who is named, and says so; alone it counts as right."""

from datetime import timedelta

from ichor.config.decode import decode
from ichor.controllers.network import time_server_config
from ichor.controllers.time import sync
from ichor.ports.time_sync import Adjtime, Follow, Following
from ichor.resources.config.active import ActiveConfig
from ichor.resources.network.time_server import TimeServerSpec, TimeServerStatus
from ichor.resources.time.status import AdjtimeStatus, NTPStatus, TimeStatus

HEAD = "apiVersion: v1alpha1\nkind: TimeSyncConfig\n"
SERVERS = TimeServerStatus(time_servers=("192.0.2.123",))


def config(text: str) -> ActiveConfig:
    return ActiveConfig(value=decode(HEAD + text))


def said(inputs: sync.Inputs, held: Following) -> TimeStatus:
    made = (spec for _, spec in sync.report(inputs, held))
    return next(spec for spec in made if isinstance(spec, TimeStatus))


def test_nobody_named_is_nobody_asked_and_the_clock_counts_as_right() -> None:
    assert list(sync.plan(sync.Inputs(), Following())) == []
    alone = TimeStatus(synced=True, sync_disabled=True)
    assert said(sync.Inputs(), Following()) == alone
    off = sync.Inputs(config=config("enabled: false"), servers=SERVERS)
    assert list(sync.plan(off, Following(wish=Follow(servers=("a",))))) == [Follow()]
    assert said(off, Following()) == alone


def test_the_servers_in_force_are_followed_and_waited_for() -> None:
    inputs = sync.Inputs(config=config("bootTimeout: 2m"), servers=SERVERS)
    (wish,) = sync.plan(inputs, Following())
    assert wish == Follow(servers=("192.0.2.123",), patience_s=120)
    assert list(sync.plan(inputs, Following(wish=wish))) == []
    assert said(inputs, Following(wish=wish)) == TimeStatus(synced=False)
    assert said(inputs, Following(wish=wish, gave_up=True)).synced
    assert said(inputs, Following(wish=wish, synced=True, epoch=1)).epoch == 1
    (forever,) = sync.plan(sync.Inputs(servers=SERVERS), Following())
    assert forever.patience_s == 0


def test_how_the_clock_runs_is_shown() -> None:
    held = Following(spikes=2, adjtime=Adjtime(offset_s=0.5, is_synced=True, state="TIME_OK"))
    made = [spec for _, spec in sync.report(sync.Inputs(servers=SERVERS), held)]
    assert NTPStatus(spike_detected=True, consecutive_spikes=2) in made
    adjtime = next(spec for spec in made if isinstance(spec, AdjtimeStatus))
    assert (adjtime.offset, adjtime.sync_status) == (timedelta(seconds=0.5), True)


def test_servers_of_the_configuration_are_offered() -> None:
    text = "ntp: {servers: [a.example]}\nptp: {devices: [/dev/ptp0]}"
    inputs = time_server_config.Inputs(config=config(text))
    (offer,) = time_server_config.reconcile(inputs)
    assert isinstance(offer.spec, TimeServerSpec)
    assert offer.spec.time_servers == ("/dev/ptp0", "a.example")
    assert not list(time_server_config.reconcile(time_server_config.Inputs()))
