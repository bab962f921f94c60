"""EtcApply: files of /etc are as they should be.

    files/EtcFileSpec (all) ─► plan ─► WriteEtc, RemoveEtc ─► files/EtcFileStatus

Which version of a spec is in place is told by the file itself: its content decides, so that one
changed behind our back is written again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out
from ichor.cosi.resource import Resource
from ichor.ports.etc import Action, Etc, EtcFile, RemoveEtc, WriteEtc
from ichor.resources.files.etc import EtcFileSpec, EtcFileStatus


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[Resource[EtcFileSpec]], All("files")] = ()


Observed = Mapping[str, EtcFile]


def plan(inputs: Inputs, observed: Observed) -> Iterator[Action]:
    wanted = {one.id: one.spec for one in inputs.wanted}
    for name in sorted(observed.keys() - wanted.keys()):
        yield RemoveEtc(name=name)
    for name, spec in wanted.items():
        if observed.get(name) != held(spec):
            yield WriteEtc(name=name, content=spec.contents.encode(), mode=spec.mode)


def held(spec: EtcFileSpec) -> EtcFile:
    return EtcFile(content=spec.contents.encode(), mode=spec.mode)


def report(inputs: Inputs, observed: Observed) -> Iterator[tuple[str, EtcFileStatus]]:
    for one in inputs.wanted:
        if observed.get(one.id) == held(one.spec):
            yield one.id, EtcFileStatus(spec_version=str(one.metadata.version))


def etc_apply(etc: Etc) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="files.EtcApply",
        inputs=Inputs,
        observe=etc.observe,
        plan=plan,
        apply=etc.apply,
        outputs=[Out(EtcFileStatus)],
        report=report,
    )
