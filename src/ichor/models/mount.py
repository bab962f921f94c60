"""What an action does to the mount table.

Propagation to peers of a shared mount is not modelled: machined's are in one namespace.
"""

import errno
from pathlib import PurePosixPath

from msgspec.structs import replace

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

Table = tuple[Mount, ...]


def model(table: Table, action: Action) -> Table:
    match action:
        case Attach():
            new = Mount(
                target=action.target,
                fstype=action.fstype,
                source=action.source,
                options=tuple(sorted(action.options)),
            )
            return _add(table, new)
        case Bind():
            return _add(table, _bound(table, action))
        case Overlay():
            options = tuple(sorted(action.options))
            return _add(
                table,
                Mount(target=action.target, fstype="overlay", source="overlay", options=options),
            )
        case Remount():
            return _change(table, _at(table, action.target), options=tuple(sorted(action.options)))
        case Propagate():
            changed = _change(table, _at(table, action.target), propagation=action.propagation)
            return _spread(changed, action) if action.recursive else changed
        case Detach():
            return _detach(table, action)


def covering(table: Table, path: str) -> Mount:
    """Give the mount that a path lies on: the deepest, and the last one there."""
    found = [each for each in table if is_below(path, each.target)]
    if not found:
        raise FileNotFoundError(errno.ENOENT, "on no mount", path)
    return max(enumerate(found), key=lambda pair: (len(pair[1].target), pair[0]))[1]


def is_below(path: str, top: str) -> bool:
    return path == top or top == "/" or path.startswith(top + "/")


def _add(table: Table, new: Mount) -> Table:
    """Insert; below a shared mount the new one is shared too (mount_namespaces(7))."""
    parent = covering(table, new.target) if table else None
    if parent is not None and parent.propagation is Propagation.SHARED:
        new = replace(new, propagation=Propagation.SHARED)
    return tuple(sorted((*table, new), key=lambda each: each.target))


def _bound(table: Table, action: Bind) -> Mount:
    origin = covering(table, action.source)
    inside = PurePosixPath(action.source).relative_to(origin.target)
    options = tuple(sorted({*origin.options, *action.options}))
    root = str(PurePosixPath(origin.root) / inside)
    return replace(origin, target=action.target, root=root, options=options)


def _at(table: Table, target: str) -> int:
    for index in range(len(table) - 1, -1, -1):
        if table[index].target == target:
            return index
    raise OSError(errno.EINVAL, "Invalid argument", target)


def _change(
    table: Table,
    index: int,
    *,
    options: tuple[str, ...] | None = None,
    propagation: Propagation | None = None,
) -> Table:
    old = table[index]
    new = replace(
        old,
        options=old.options if options is None else options,
        propagation=propagation or old.propagation,
    )
    return (*table[:index], new, *table[index + 1 :])


def _spread(table: Table, action: Propagate) -> Table:
    return tuple(
        replace(each, propagation=action.propagation)
        if is_below(each.target, action.target)
        else each
        for each in table
    )


def _detach(table: Table, action: Detach) -> Table:
    index = _at(table, action.target)
    inside = action.target.rstrip("/") + "/"
    above = [n for n, each in enumerate(table) if each.target.startswith(inside)]
    if above and not action.lazy:
        raise OSError(errno.EBUSY, "Device or resource busy", action.target)
    gone = {index, *above}
    return tuple(each for n, each in enumerate(table) if n not in gone)
