"""/etc over /system/etc: written in place (a bind holds the inode), bound read-only once."""

import errno
from collections.abc import Mapping
from pathlib import Path

from ichor.linux.file import KernelFiles
from ichor.ports.etc import Action, EtcFile, RemoveEtc, WriteEtc
from ichor.ports.file import File, Remove, Write
from ichor.ports.mount import Bind, Detach, Mounts

_OPTIONS = ("nodev", "noexec", "nosuid", "ro")


class KernelEtc:
    def __init__(self, mounts: Mounts, shadow: Path, etc: Path) -> None:
        self._mounts = mounts
        self._shadow = shadow
        self._etc = etc
        self._files = KernelFiles(shadow, in_place=True)

    def observe(self) -> Mapping[str, EtcFile]:
        targets = {mount.target for mount in self._mounts.observe()}
        return {
            name: EtcFile(content=each.content, mode=each.mode, bound=self._target(name) in targets)
            for name, each in self._files.observe().items()
            if isinstance(each, File)
        }

    def apply(self, action: Action) -> None:
        target = self._target(action.name)
        bound = any(mount.target == target for mount in self._mounts.observe())
        match action:
            case WriteEtc(name=name, content=content, mode=mode):
                if not Path(target).exists():
                    raise FileNotFoundError(errno.ENOENT, "not in the image", target)
                self._files.apply(Write(path=name, file=File(content=content, mode=mode)))
                if not bound:
                    source = str(self._shadow / name)
                    self._mounts.apply(Bind(target=target, source=source, options=_OPTIONS))
            case RemoveEtc(name=name):
                if bound:
                    self._mounts.apply(Detach(target=target))
                self._files.apply(Remove(path=name))

    def _target(self, name: str) -> str:
        return str(self._etc / name)
