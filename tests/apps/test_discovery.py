"""What a machine is handed before it asks anybody."""

from collections.abc import AsyncIterator
from pathlib import Path

from ichor.apps.machined.discovery import embedded, platform_name
from ichor.ports.mount import Action, Attach, Mount
from ichor.resources.config.source import HandedConfig


class Mounts:
    def __init__(self) -> None:
        self.done: list[Action] = []

    def observe(self) -> tuple[Mount, ...]:
        return ()

    def apply(self, action: Action) -> None:
        self.done.append(action)

    def wakes(self) -> AsyncIterator[None]:
        raise NotImplementedError


def test_the_image_s_own_configuration_is_read_and_hidden(tmp_path: Path) -> None:
    mounts, path = Mounts(), tmp_path / "config.yaml"
    assert embedded(mounts, path) == b""
    assert mounts.done == []
    path.write_bytes(b"machine: {}\n")
    assert embedded(mounts, path) == b"machine: {}\n"
    (mask,) = mounts.done
    assert isinstance(mask, Attach)
    assert (mask.target, mask.fstype) == (str(tmp_path), "tmpfs")
    assert set(mask.options) == {"ro", "nosuid", "nodev", "noexec"}


def test_the_platform_s_name_is_that_of_line_and_firmware() -> None:
    nocloud = HandedConfig(arguments={"talos.platform": "nocloud"})
    assert platform_name("talos.platform=metal", nocloud) == "nocloud"
    assert platform_name("talos.platform=aws", nocloud) == "aws"
    assert platform_name("", HandedConfig()) == "metal"
