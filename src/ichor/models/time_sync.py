"""Following others begins without their time; what the clock was told before stays."""

from msgspec.structs import replace

from ichor.ports.time_sync import Follow, Following


def model(observed: Following, action: Follow) -> Following:
    return replace(observed, wish=action, synced=False, gave_up=False, spikes=0)
