"""What each source of a configuration has to say, by what is known of it now. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_interface
from typing import Annotated

from msgspec import Struct

from ichor.controllers.config import search
from ichor.controllers.config.search import METAL, Said
from ichor.cosi.controller import All, Get
from ichor.errors import IchorError, InputError, TransientError
from ichor.formats import packed
from ichor.ports.config_sources import Platform, Progress
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.config.source import (
    EARLY,
    EMBEDDED,
    HANDED_ID,
    INLINE,
    PLATFORM,
    HandedConfig,
    SourceState,
)
from ichor.resources.hardware.ids import SYSTEM_INFORMATION_ID
from ichor.resources.hardware.system import SystemInformation
from ichor.resources.network.address import AddressStatus
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID
from ichor.resources.network.kinds import Scope
from ichor.resources.network.link_status import LinkStatus
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.ids import KERNEL_CMDLINE_ID
from ichor.resources.runtime.meta import MetaKey

_CODE, _UUID = "0x0b", "0x0f"  # facts/meta_keys.tsv


class Inputs(Struct, frozen=True, kw_only=True):
    line: Annotated[KernelCmdline, Get("runtime", KERNEL_CMDLINE_ID)]
    handed: Annotated[HandedConfig, Get("config", HANDED_ID)]
    system: Annotated[SystemInformation | None, Get("hardware", SYSTEM_INFORMATION_ID)] = None
    meta: Annotated[Mapping[str, MetaKey], All("runtime")] = {}
    links: Annotated[Mapping[str, LinkStatus], All("network")] = {}
    hostname: Annotated[HostnameStatus | None, Get("network", HOSTNAME_ID)] = None
    addresses: Annotated[Sequence[AddressStatus], All("network")] = ()
    active: Annotated[ActiveConfig | None, Get("config", ID)] = None

    @property
    def is_complete(self) -> bool:
        return self.active is not None and self.active.value.is_complete

    @property
    def is_online(self) -> bool:
        """Say whether there is an address to ask from."""
        return any(
            one.scope is Scope.GLOBAL and not ip_interface(one.address).ip.is_loopback
            for one in self.addresses
        )

    @property
    def said(self) -> Said:
        system = self.system or SystemInformation()
        return Said(
            line=self.line.cmdline,
            carried=self.handed.arguments,
            variables=variables(self, system),
            serial=system.serialnumber,
        )


def variables(inputs: Inputs, system: SystemInformation) -> Mapping[str, str]:
    """Give what a URL may have in it, empty while it is not known."""
    code, uuid = (inputs.meta.get(key, MetaKey()).value for key in (_CODE, _UUID))
    cards = [link.hardware_addr for _, link in sorted(inputs.links.items()) if is_card(link)]
    return {
        "uuid": uuid or system.uuid,
        "serial": system.serialnumber,
        "mac": cards[0] if cards else "",
        "hostname": inputs.hostname.hostname if inputs.hostname else "",
        "code": code,
    }


def is_card(link: LinkStatus) -> bool:
    return link.type == "ether" and not link.kind and bool(link.hardware_addr)


class Found(Struct, frozen=True, kw_only=True):
    """What a source says. text: None while it may still say something; empty for nothing.

    state: as it is shown.
    """

    source: str
    text: bytes | None = None
    state: SourceState
    detail: str = ""


def found(inputs: Inputs, progress: Progress) -> Iterator[Found]:
    """Yield what each source says, in their order."""
    said = inputs.said
    yield _given(EMBEDDED, inputs.handed.embedded)
    yield _argument(EARLY, said.argument(search.EARLY))
    yield _platform(inputs, progress)
    yield _argument(INLINE, said.argument(search.INLINE))


def _given(source: str, text: bytes) -> Found:
    state = SourceState.FOUND if text else SourceState.ABSENT
    return Found(source=source, text=text, state=state)


def _argument(source: str, value: str) -> Found:
    try:
        return _given(source, packed.from_argument(value) if value else b"")
    except IchorError as err:
        return Found(source=source, text=b"", state=SourceState.FAILED, detail=str(err))


def _platform(inputs: Inputs, progress: Progress) -> Found:
    try:
        platform = wanted(inputs)
    except InputError as err:  # for good
        return Found(source=PLATFORM, text=b"", state=SourceState.FAILED, detail=str(err))
    except TransientError as err:
        return Found(source=PLATFORM, state=SourceState.WAITING, detail=str(err))
    text = None
    if platform is None or progress.state is SourceState.ABSENT:
        text = b""
    elif progress.state is SourceState.FOUND and progress.answer is not None:
        text = progress.answer.config
    return Found(source=PLATFORM, text=text, state=progress.state, detail=progress.detail)


def wanted(inputs: Inputs) -> Platform | None:
    """Give whom to ask, None where nobody is to be. Raises InputError, TransientError."""
    said = inputs.said
    if said.platform_name == METAL and inputs.is_complete:
        return None  # it has a configuration, and nothing else
    return search.platform(said)
