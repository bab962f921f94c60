"""Apply: files below a directory are as they should be.

    files/FileSpec (below the directory) ─► plan ─► Write, Remove ─► files/FileStatus

An exclusive directory holds nothing else: what nobody wants any more is removed, keys above all,
and directories with it, which say something where they are empty (containerd's registries).
In others (/etc/kubernetes, where the kubelet writes too) only what is wanted is looked at.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Out
from ichor.cosi.resource import Resource
from ichor.ports.file import Action, Directory, File, Files, Remove, Write
from ichor.resources.files.file import NAMESPACE, FileSpec, FileStatus

Observed = Mapping[str, File | Directory]


class Inputs(Struct, frozen=True, kw_only=True):
    wanted: Annotated[Sequence[Resource[FileSpec]], All(NAMESPACE)] = ()


class Place(Struct, frozen=True):
    """An absolute path without a slash at its end, and whether all below it is ours."""

    directory: str
    exclusive: bool = False

    def wanted(self, inputs: Inputs) -> Iterator[tuple[str, Resource[FileSpec]]]:
        """Give what is wanted below, by path relative to the directory."""
        prefix = f"{self.directory}/"
        for one in inputs.wanted:
            if one.id.startswith(prefix):
                yield one.id.removeprefix(prefix), one


def plan(place: Place, inputs: Inputs, observed: Observed) -> Iterator[Action]:
    wanted = {path: held(one.spec) for path, one in place.wanted(inputs)}
    if place.exclusive:
        yield from _unwanted(wanted, observed)
    for path, file in wanted.items():
        if observed.get(path) != file:
            yield Write(path=path, file=file)


def _unwanted(wanted: Collection[str], observed: Observed) -> Iterator[Remove]:
    """Give what is to go, what is below a directory before it."""
    for path in sorted(observed.keys() - set(wanted), reverse=True):
        if isinstance(observed[path], File) or not any(
            each.startswith(f"{path}/") for each in wanted
        ):
            yield Remove(path=path)


def report(place: Place, inputs: Inputs, observed: Observed) -> Iterator[tuple[str, FileStatus]]:
    for path, one in place.wanted(inputs):
        if observed.get(path) == held(one.spec):
            yield one.id, FileStatus(spec_version=one.metadata.version)


def held(spec: FileSpec) -> File:
    return File(content=spec.content.reveal().encode(), mode=spec.mode, uid=spec.uid, gid=spec.gid)


def file_apply(name: str, place: Place, files: Files) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name=name,
        inputs=Inputs,
        observe=files.observe,
        plan=partial(plan, place),
        apply=files.apply,
        outputs=[Out(FileStatus)],
        report=partial(report, place),
    )
