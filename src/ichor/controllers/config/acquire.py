"""Acquire: a configuration is looked for until there is one that makes a node of the machine.

    what the firmware, the line, META and the network say of where to look (`sources`) ─┐
    config/ActiveConfig, the generations                                               ─┤
                                                plan ─► Ask, Rest, Refuse, Take, Settle ◄─┘
                                                     ─► config/ConfigSource (each), PlatformAnswer

    STATE ─► embedded ─► talos.config.early ─► platform ─► talos.config.inline ─► the API

The first complete one ends the search. A partial one is in force while the search goes on: it may
be what reaches the next source. A later document stands in the place of an earlier one of its kind
and name. A source that waits or fails holds up those behind it; one that says nothing, or in the
line nonsense, does not. The platform is asked at every boot, for its network and what it says of
the machine; `metal`, which says nothing of those, only while there is no configuration. Of a node
that has one no disk is looked at that was not there before: workloads bring their own.
behaviours, 3.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.document import identity
from ichor.config.encode import encode
from ichor.config.validate import validate
from ichor.controllers.config.sources import Found, Inputs, found, wanted
from ichor.cosi.controller import Actuator, Out, Yield
from ichor.errors import IchorError, InputError, TransientError
from ichor.formats.platform import Answer
from ichor.ports.config_sources import (
    Action,
    Ask,
    ConfigSources,
    Platform,
    Refuse,
    Rest,
    Settle,
    Sources,
    Take,
)
from ichor.resources.config.source import PLATFORM, ConfigSource, SourceState
from ichor.resources.runtime.ids import PLATFORM_ANSWER_ID
from ichor.resources.runtime.platform import PlatformAnswer


def plan(inputs: Inputs, observed: Sources) -> Iterator[Action]:
    yield from asking(inputs, observed)
    if inputs.is_complete or is_settled(observed.text):
        return
    taken = dict(observed.taken)
    for one in found(inputs, observed.platform):
        if one.source in taken:
            continue
        if one.text is None:
            return
        action = taking(one, observed)
        if action is not None:
            yield action
            return


def asking(inputs: Inputs, observed: Sources) -> Iterator[Action]:
    progress = observed.platform
    try:
        platform = wanted(inputs)
    except (InputError, TransientError):
        platform = None
    if platform is None:
        if progress.asked is not None:
            yield Rest()
    elif is_due(platform, observed, is_online=inputs.is_online):
        yield Ask(platform=platform, online=inputs.is_online)
    if platform is not None and inputs.is_complete and not observed.settled:
        yield Settle()


def is_due(platform: Platform, observed: Sources, *, is_online: bool) -> bool:
    """Say whether to ask now: another one, or again what waited for the network."""
    progress = observed.platform
    return progress.asked != platform or (is_online and progress.state is SourceState.WAITING)


def is_settled(text: str) -> bool:
    """Say whether STATE has the last word: a whole configuration, or one nobody can read now."""
    try:
        return bool(text) and decode(text, file="STATE").is_complete
    except IchorError:
        return True


def taking(one: Found, observed: Sources) -> Take | Refuse | None:
    """Give what to do with a source's text; None where there is none, or what nobody can mend."""
    if not one.text:
        return None
    try:
        text, config = laid_over(observed.text, one.text, one.source)
    except IchorError as err:
        return Refuse(why=str(err)) if one.source == PLATFORM else None
    state = SourceState.COMPLETE if config.is_complete else SourceState.PARTIAL
    return Take(source=one.source, state=state, generation=observed.generation + 1, text=text)


def laid_over(before: str, text: bytes, source: str) -> tuple[str, Config]:
    """Lay a configuration over another. Raises InputError where it is none, or not a right one."""
    config = checked(decode(text, file=source))
    if not before:
        return text.decode("utf-8-sig"), config
    over = {identity(document) for document in config.documents}
    kept = (one for one in decode(before, file="STATE").documents if identity(one) not in over)
    both = checked(Config(documents=(*kept, *config.documents)))
    return encode(both), both


def checked(config: Config) -> Config:
    """Give it back; a complete one if a client could apply it. Raises InputError."""
    errors = validate(config, "metal").errors if config.is_complete else ()
    if errors:
        raise InputError("; ".join(errors))
    return config


def report(inputs: Inputs, observed: Sources) -> Iterator[Yield]:
    taken, progress = dict(observed.taken), observed.platform
    for one in found(inputs, progress):
        status = ConfigSource(state=taken.get(one.source, one.state), detail=one.detail)
        if one.source == PLATFORM:
            status = replace(status, tries=progress.tries, remote=progress.remote)
        elif not inputs.is_complete and one.source not in taken and (fault := fault_of(one)):
            status = ConfigSource(state=SourceState.FAILED, detail=fault)
        yield one.source, status
    answer = PlatformAnswer(platform=inputs.said.platform_name, value=progress.answer or Answer())
    yield PLATFORM_ANSWER_ID, answer


def fault_of(one: Found) -> str:
    try:
        if one.text:
            checked(decode(one.text, file=one.source))
    except IchorError as err:
        return str(err)
    return ""


def acquire(port: ConfigSources) -> Actuator[Inputs, Sources, Action]:
    return Actuator(
        name="config.Acquire",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        wakes=port.wakes,
        outputs=[Out(ConfigSource), Out(PlatformAnswer)],
        report=report,
    )
