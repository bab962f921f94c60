"""Discovery of a machine's configuration: what is handed to it, and who asks for the rest."""

from pathlib import Path
from typing import Final

from ichor.apps.machined import layers
from ichor.controllers.config.search import Said
from ichor.cosi.resource import resource
from ichor.cosi.state import State, find, find_all
from ichor.linux import firmware
from ichor.linux.labelled_disk import KernelLabelledDisks
from ichor.peers.config_sources import NodeSources
from ichor.peers.fetch import Fetcher
from ichor.ports.clock import Clock
from ichor.ports.mount import Attach, Mounts
from ichor.resources.config.generation import ConfigGeneration, Reach, generation_id
from ichor.resources.config.source import HANDED_ID, HandedConfig
from ichor.resources.hardware.ids import SYSTEM_INFORMATION_ID
from ichor.resources.runtime.boot import KernelCmdline
from ichor.resources.runtime.ids import KERNEL_CMDLINE_ID

EMBEDDED: Final = Path("/usr/local/etc/talos/config.yaml")  # facts/paths.tsv
KEPT: Final = Path(layers.STATE) / "platform-network.yaml"  # JSON, which is YAML
_STRICT: Final = ("ro", "nosuid", "nodev", "noexec")


def hand_over(state: State, mounts: Mounts, owner: str) -> HandedConfig:
    """Put into the store what is there before anybody is asked."""
    handed = HandedConfig(embedded=embedded(mounts), arguments=firmware.arguments())
    state.create(resource(handed, HANDED_ID), owner)
    state.create(resource(firmware.system(), SYSTEM_INFORMATION_ID), owner)
    return handed


def embedded(mounts: Mounts, path: Path = EMBEDDED) -> bytes:
    """Give the image's configuration, and hide it: it may have secrets, and pods see the image."""
    if not path.is_file():
        return b""
    data = path.read_bytes()
    target = str(path.parent)
    mask = Attach(target=target, fstype="tmpfs", source="tmpfs", options=_STRICT, data="mode=0700")
    mounts.apply(mask)
    return data


def platform_name(line: str, handed: HandedConfig) -> str:
    return Said(line=line, carried=handed.arguments).platform_name


def sources(state: State, clock: Clock) -> NodeSources:
    def stored() -> tuple[int, str]:
        known = find_all(state, ConfigGeneration)
        lasting = [one.spec.text for one in known if one.spec.reach is not Reach.TRIAL]
        return (int(known[-1].id) if known else 0), (lasting[-1] if lasting else "")

    def store(number: int, text: str) -> None:
        generation = ConfigGeneration(text=text, applied=clock.now())
        state.create(resource(generation, generation_id(number)))

    line = find(state, KernelCmdline, KERNEL_CMDLINE_ID)
    handed = find(state, HandedConfig, HANDED_ID)
    name = platform_name(
        line.spec.cmdline if line else "", handed.spec if handed else HandedConfig()
    )
    return NodeSources(KernelLabelledDisks(), Fetcher(), stored, store, name, KEPT)
