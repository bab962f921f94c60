"""What is done with namespaces and mounts in more than one call; the calls are ichor.linux.libc."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ichor.linux.libc import CLONE_NEWNET, MS_BIND, MS_RDONLY, MS_REMOUNT, mount, setns


def bind(source: str | Path, target: str | Path, flags: int = 0) -> None:
    """Show source at target too; flags need a second call, for the first ignores them."""
    mount(source, target, flags=MS_BIND)
    if flags:
        mount("none", target, flags=MS_BIND | MS_REMOUNT | flags)


def make_read_only(target: str | Path, flags: int = 0) -> None:
    """Make this mount, not its file system, read-only; flags: those it must keep."""
    mount("none", target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | flags)


@contextmanager
def network_namespace(path: str | Path) -> Generator[None]:
    """Be in the network namespace of path for a while; what is opened there stays of there.

    Only this thread moves. Do not await inside: other tasks would run in that namespace.
    """
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        other = os.open(path, os.O_RDONLY)
        try:
            setns(other, CLONE_NEWNET)
        finally:
            os.close(other)
        try:
            yield
        finally:
            setns(own, CLONE_NEWNET)
    finally:
        os.close(own)
