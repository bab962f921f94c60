"""This boot: its id, the entry booted, the command line; and the entries there are."""

from typing import ClassVar

from msgspec import field

from ichor.cosi.resource import Definition, Spec
from ichor.resources.fields import OmitEmpty


class BootedEntry(Spec, frozen=True, kw_only=True, rename="camel"):
    definition: ClassVar[Definition] = Definition(
        type="BootedEntries.talos.dev",
        namespace="runtime",
        aliases=("bootedentry", "be", "bes"),
        columns={"Booted Entry": "{.bootedEntry}"},
    )
    booted_entry: OmitEmpty[str] = ""


class BootID(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="BootIDs.runtime.talos.dev",
        namespace="runtime",
        aliases=("bootid", "bid", "bids"),
        columns={"Boot ID": "{.bootID}"},
    )
    boot_id: str = field(default="", name="bootID")


class KernelCmdline(Spec, frozen=True, kw_only=True):
    definition: ClassVar[Definition] = Definition(
        type="KernelCmdlines.runtime.talos.dev",
        namespace="runtime",
        aliases=("cmdline", "kernelcmdline", "kc", "kcs"),
        columns={"Cmdline": "{.cmdline}"},
    )
    cmdline: str = ""


class BootEntryStatus(Spec, frozen=True, kw_only=True, rename="camel"):
    """What the loader can start. tries_left, tries_failed: of starts, if they are counted."""

    definition: ClassVar[Definition] = Definition(
        type="BootEntryStatuses.ichor.dev",
        namespace="runtime",
        aliases=("bootentrystatus", "bootentries"),
        columns={
            "Running": "{.running}",
            "Tries Left": "{.triesLeft}",
            "Tries Failed": "{.triesFailed}",
        },
    )
    running: bool
    counted: bool
    tries_left: int
    tries_failed: int
