"""/proc/sys, and /sys for keys that begin with `sys.`.

A key's separators are dots, but if a slash comes first they are slashes and dots are literal, as
sysctl.d(5) has it: `net/ipv4/conf/eth0.1/forwarding`. A leading `proc.sys.` is left out.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ichor.ports.sysctl import SetParameter


def path_of(key: str) -> Path:
    dot, slash = key.find("."), key.find("/")
    if slash >= 0 and (dot < 0 or slash < dot):
        parts = key.split("/")
    else:
        parts = [part.replace("/", ".") for part in key.split(".")]
    if parts[:2] == ["proc", "sys"]:
        parts = parts[2:]
    if parts[:1] == ["sys"]:
        return Path("/").joinpath(*parts)
    return Path("/proc/sys").joinpath(*parts)


class KernelParameters:
    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._keys = set(keys)

    def observe(self) -> Mapping[str, str]:
        values = ((key, _read(path_of(key))) for key in sorted(self._keys))
        return {key: value for key, value in values if value is not None}

    def apply(self, action: SetParameter) -> None:
        fd = os.open(path_of(action.key), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, action.value.encode() + b"\n")
        finally:
            os.close(fd)
        self._keys.add(action.key)


def _read(path: Path) -> str | None:
    try:
        return " ".join(path.read_text(encoding="utf-8").split())
    except (FileNotFoundError, PermissionError):
        return None
