"""A machine that is not installed: then it is, once."""

from msgspec.structs import replace

from ichor.ports.installation import Holds, InstallTo, Machine


def model(machine: Machine, action: InstallTo) -> Machine:
    targets = tuple(
        replace(one, holds=Holds.BEGUN) if one.name == action.name else one
        for one in machine.targets
    )
    return replace(machine, targets=targets, installed=action.name)
