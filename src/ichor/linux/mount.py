"""mount(2) and /proc/self/mountinfo.

A bind ignores all flags but MS_REC, so its options take a second call, and that one must repeat the
options the source has: in a user namespace they are locked, elsewhere they would be dropped.
The kernel raises POLLPRI on the open table when it changes.
"""

import os
import select
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

from ichor.formats import mountinfo
from ichor.linux import libc
from ichor.linux.process import readable
from ichor.ports.mount import (
    Action,
    Attach,
    Bind,
    Detach,
    Mount,
    Overlay,
    Propagate,
    Propagation,
    Remount,
)

_FLAGS = {
    "ro": libc.MS_RDONLY,
    "nosuid": libc.MS_NOSUID,
    "nodev": libc.MS_NODEV,
    "noexec": libc.MS_NOEXEC,
    "noatime": libc.MS_NOATIME,
}
_PROPAGATION = {
    Propagation.PRIVATE: libc.MS_PRIVATE,
    Propagation.SHARED: libc.MS_SHARED,
    Propagation.SLAVE: libc.MS_SLAVE,
}
_TABLE = "/proc/self/mountinfo"


class KernelMounts:
    def observe(self) -> tuple[Mount, ...]:
        entries = mountinfo.parse(Path(_TABLE).read_text(encoding="utf-8"))
        mounts = (_mount(entry) for entry in _ancestors_first(entries))
        return tuple(sorted(mounts, key=lambda each: each.target))

    def apply(self, action: Action) -> None:
        match action:
            case Attach():
                flags = _flags(action.options)
                libc.mount(action.source, action.target, action.fstype, flags, action.data)
            case Bind():
                self._bind(action)
            case Overlay():
                data = f"lowerdir={':'.join(action.lower)}"
                data += f",upperdir={action.upper},workdir={action.work}"
                libc.mount("overlay", action.target, "overlay", _flags(action.options), data)
            case Remount():
                flags = libc.MS_REMOUNT | libc.MS_BIND | _flags(action.options)
                libc.mount("", action.target, "", flags)
            case Propagate():
                flags = _PROPAGATION[action.propagation] | libc.MS_REC * action.recursive
                libc.mount("", action.target, "", flags)
            case Detach():
                libc.umount(action.target, libc.MNT_DETACH * action.lazy)

    def _bind(self, action: Bind) -> None:
        libc.mount(action.source, action.target, "", libc.MS_BIND)
        if action.options:
            held = next(each for each in reversed(self.observe()) if each.target == action.target)
            options = {*held.options, *action.options}
            self.apply(Remount(target=action.target, options=tuple(options)))

    def wakes(self) -> AsyncIterator[None]:
        # The loop watches for reading only, and the table is always readable: an epoll of its own
        # asks for POLLPRI alone, and becomes readable itself.
        table = os.open(_TABLE, os.O_RDONLY | os.O_CLOEXEC)
        watch = select.epoll()
        watch.register(table, select.EPOLLPRI | select.EPOLLERR | select.EPOLLET)
        watch.poll(0)
        return _changes(table, watch)


async def _changes(table: int, watch: select.epoll) -> AsyncIterator[None]:
    try:
        while True:
            await readable(watch.fileno())
            watch.poll(0)
            yield
    finally:
        watch.close()
        os.close(table)


def _flags(options: Iterable[str]) -> int:
    return sum(_FLAGS[option] for option in set(options))


def _mount(entry: mountinfo.Entry) -> Mount:
    kinds = {tag.partition(":")[0] for tag in entry.tags}
    propagation = Propagation.PRIVATE
    if "shared" in kinds:
        propagation = Propagation.SHARED
    elif "master" in kinds:
        propagation = Propagation.SLAVE
    return Mount(
        target=entry.target,
        fstype=entry.fstype,
        source=entry.source,
        root=entry.root,
        options=tuple(sorted(set(entry.options) & set(_FLAGS))),
        propagation=propagation,
    )


def _ancestors_first(entries: tuple[mountinfo.Entry, ...]) -> list[mountinfo.Entry]:
    """Order by depth of the tree of mounts, the kernel's order among siblings.

    Since 6.8 the kernel lists by id, and ids are reused: a child may stand before its parent.
    """
    parents = {entry.id: entry.parent for entry in entries}

    def depth(id: int) -> int:
        steps = 0
        while parents.get(id, id) in parents and parents[id] != id and steps < len(parents):
            id, steps = parents[id], steps + 1
        return steps

    return sorted(entries, key=lambda entry: depth(entry.id))
