"""What an action does to the tree of control groups; killed processes are gone at once.

The stricter kernel is followed, v2: limits are below groups without processes only. The root, where
it matters, is the group of the empty name.
"""

import errno
from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from ichor.ports.cgroup import Action, Group, Kill, Make, Place, Remove
from ichor.resources.runtime.service_spec import Resources


def model(groups: Mapping[str, Group], action: Action) -> Mapping[str, Group]:
    match action:
        case Make(path=path, resources=resources):
            if resources != Resources() and any(_has_processes(groups, one) for one in above(path)):
                raise OSError(errno.EBUSY, "a group above has processes", path)
            made = {name: Group() for name in ancestors(path) if name not in groups}
            group = groups.get(path, Group())
            merged = {
                field: value
                for field in resources.__struct_fields__
                if (value := getattr(resources, field)) is not None
            }
            wanted = replace(group, resources=replace(group.resources, **merged))
            return {**groups, **made, path: wanted}
        case Place(path=path, pid=pid):
            _require(groups, path)
            if any(_is_limited(group) for name, group in groups.items() if path in above(name)):
                raise OSError(errno.EBUSY, "a group below has limits", path)
            left = {name: _without(group, {pid}) for name, group in groups.items()}
            placed = tuple(sorted({*left[path].processes, pid}))
            return {**left, path: replace(left[path], processes=placed)}
        case Kill(path=path):
            _require(groups, path)
            return {
                name: replace(group, processes=()) if below(name, path) else group
                for name, group in groups.items()
            }
        case Remove(path=path):
            if any(group.processes for name, group in groups.items() if below(name, path)):
                raise OSError(errno.EBUSY, "group in use", path)
            return {name: group for name, group in groups.items() if not below(name, path)}


def _require(groups: Mapping[str, Group], path: str) -> None:
    if path not in groups:
        raise FileNotFoundError(errno.ENOENT, "no such group", path)


def _without(group: Group, pids: set[int]) -> Group:
    return replace(group, processes=tuple(pid for pid in group.processes if pid not in pids))


def _has_processes(groups: Mapping[str, Group], path: str) -> bool:
    return path in groups and bool(groups[path].processes)


def _is_limited(group: Group) -> bool:
    return group.resources != Resources()


def above(path: str) -> Iterator[str]:
    """Give the groups above, the root first; none for the root."""
    if path:
        yield ""
        yield from ancestors(path)


def ancestors(path: str) -> Iterator[str]:
    parts = path.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])


def below(name: str, path: str) -> bool:
    return name == path or name.startswith(path + "/")
