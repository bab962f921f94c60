"""Order: a rank for every Transform such that it comes after all that write what it reads.

Run in that order, a Transform never sees one input from before a change and another from after.
A cycle of Transforms has no such order and is refused; a cycle through an Actuator or a Source
goes through the world, so it begins a new wave instead.
"""

from collections.abc import Collection, Mapping

from ichor.cosi.resource import Kind


def ranks(
    reads: Mapping[str, Collection[Kind]], writes: Mapping[str, Collection[Kind]]
) -> dict[str, int]:
    """Give each name its rank. Raises ValueError that names the cycle."""
    readers: dict[Kind, list[str]] = {}
    for name, kinds in reads.items():
        for kind in kinds:
            readers.setdefault(kind, []).append(name)
    after = {
        name: sorted({reader for kind in kinds for reader in readers.get(kind, ())})
        for name, kinds in writes.items()
    }
    waiting = dict.fromkeys(reads, 0)
    for names in after.values():
        for name in names:
            waiting[name] += 1
    ready = sorted(name for name, count in waiting.items() if count == 0)
    result: dict[str, int] = {}
    while ready:
        name = ready.pop(0)
        result[name] = len(result)
        for reader in after.get(name, ()):
            waiting[reader] -= 1
            if waiting[reader] == 0:
                ready.append(reader)
    if len(result) < len(waiting):
        left = {name for name in waiting if name not in result}
        raise ValueError(f"Transforms feed each other: {' -> '.join(_cycle(after, left))}")
    return result


def _cycle(after: Mapping[str, Collection[str]], left: Collection[str]) -> list[str]:
    """Find one cycle among names that all have a predecessor in the set."""
    before = {name: min(other for other in left if name in after.get(other, ())) for name in left}
    path = [min(left)]
    while path.count(path[-1]) < 2:
        path.append(before[path[-1]])
    return path[path.index(path[-1]) :][::-1]
