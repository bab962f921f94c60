"""HostnameApply: the kernel's name is the chosen one.

network/HostnameSpec "hostname" ─► plan ─► Names ─► network/HostnameStatus "hostname"
"""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, Get, Out
from ichor.ports.uts import Names, Uts
from ichor.resources.network.hostname import HostnameSpec, HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[HostnameSpec | None, Get("network", HOSTNAME_ID)] = None


def plan(inputs: Inputs, current: Names) -> Iterator[Names]:
    if inputs.wanted is not None and names(inputs.wanted) != current:
        yield names(inputs.wanted)


def names(wanted: HostnameSpec) -> Names:
    return Names(host=wanted.hostname, domain=wanted.domainname or "(none)")


def report(inputs: Inputs, current: Names) -> Iterator[tuple[str, HostnameStatus]]:
    if inputs.wanted is not None and names(inputs.wanted) == current:
        wanted = inputs.wanted
        yield HOSTNAME_ID, HostnameStatus(hostname=wanted.hostname, domainname=wanted.domainname)


def hostname_apply(uts: Uts) -> Actuator[Inputs, Names, Names]:
    return Actuator(
        name="network.HostnameApply",
        inputs=Inputs,
        observe=uts.observe,
        plan=plan,
        apply=uts.apply,
        outputs=[Out(HostnameStatus)],
        report=report,
    )
