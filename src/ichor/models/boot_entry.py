"""The boot entries as a set of names."""

from msgspec.structs import replace

from ichor.ports.boot_entry import Arm, Boot


def model(boot: Boot, action: Arm) -> Boot:
    others = boot.entries - {action.entry}
    is_running = boot.running == action.entry
    return replace(
        boot,
        entries=others | {action.entry.armed},
        running=action.entry.armed if is_running else boot.running,
    )
