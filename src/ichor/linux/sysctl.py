"""/proc/sys, and /sys for keys that begin with `sys.`.

A key's separators are dots, but if a slash comes first they are slashes and dots are literal, as
sysctl.d(5) has it: `net/ipv4/conf/eth0.1/forwarding`. A leading `proc.sys.` is left out.
"""

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ichor.ports.sysctl import Attempt, SetParameter


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


# In a container all else is the host's (namespaces(7)).
_OWN = ("net.", "fs.mqueue.", "kernel.sem", "kernel.shm", "kernel.msg", "kernel.domainname")


def is_of_namespaces(key: str) -> bool:
    """Say whether a parameter belongs to the namespaces a container node has of its own."""
    return key.removeprefix("proc.sys.").replace("/", ".").startswith(_OWN)


class TriedParameters:
    """Tries each wanted value once; may: which parameters are ours to change."""

    def __init__(self, may: Callable[[str], bool] = lambda key: True) -> None:
        self._may = may
        self._keys: set[str] = set()
        self._refused: dict[str, tuple[str, str]] = {}

    def observe(self) -> Mapping[str, Attempt]:
        return {key: self._attempt(key) for key in sorted(self._keys)}

    def apply(self, action: SetParameter) -> None:
        key, value = action.key, action.value
        self._keys.add(key)
        self._refused.pop(key, None)
        try:
            if not self._may(key):
                raise PermissionError(errno.EPERM, "belongs to the host", key)
            KernelParameters().apply(action)
        except OSError as err:
            self._refused[key] = (value, err.strerror or str(err))

    def _attempt(self, key: str) -> Attempt:
        refused, reason = self._refused.get(key, ("", ""))
        return Attempt(current=_read(path_of(key)) or "", refused=refused, reason=reason)
