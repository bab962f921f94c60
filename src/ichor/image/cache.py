"""The cache of built things: steps over declared inputs, each result under the hash of all of them.

key = sha256(name, recipe, digests of inputs, keys of needed steps)
<cache>/steps/<name>-<key[:16]>/   a finished result; it appears by rename, whole or not at all
<cache>/tmp/<name>-<key[:16]>.<pid>/  being built; removed by the next run
<cache>/lock                       flock; its text says who holds it
<cache>/seconds.json               how long each step took, for the estimates
A step that declares all it reads gives the same bytes for the same key; nothing here checks that.
"""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from ichor.log import fields, logger

log = logger(__name__)
_KEPT: Final = 4
_DAY_SECONDS: Final = 86400


@dataclass(frozen=True, eq=False)
class Step:
    """build(out): fills the empty directory `out`; it may read what inputs and needs declare.

    seconds: a first estimate for a slow machine of two cores, until it was measured.
    """

    name: str
    build: Callable[[Path], None]
    inputs: Mapping[str, str] = field(default_factory=dict)
    needs: tuple["Step", ...] = ()
    seconds: float = 1.0

    @functools.cached_property
    def key(self) -> str:
        told = {
            "name": self.name,
            "inputs": dict(self.inputs),
            "needs": [n.key for n in self.needs],
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class Watcher(Protocol):
    """Who is told how a build goes."""

    def plan(self, steps: Sequence[tuple[str, float]]) -> None: ...
    def began(self, name: str) -> None: ...
    def reached(self, name: str, fraction: float) -> None: ...
    def ended(self, name: str, seconds: float) -> None: ...
    def waits(self, holder: str) -> None: ...
    def says(self, line: str) -> None: ...


class Cache:
    """One directory of results; several processes may share it, one builds at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._reached: Callable[[float], None] = lambda _fraction: None

    def reached(self, fraction: float) -> None:
        """Tell how far the step that is being built is, 0 to 1; for steps that take long."""
        self._reached(fraction)

    def path(self, step: Step) -> Path:
        """Give where the result is, or will be."""
        return self.root / "steps" / _slug(step)

    def has(self, step: Step) -> bool:
        return self.path(step).is_dir()

    def missing(self, steps: Sequence[Step]) -> list[Step]:
        """Give the steps to be built, each after those it needs."""
        order: dict[str, Step] = {}

        def visit(step: Step) -> None:
            if step.key in order or self.has(step):
                return
            for need in step.needs:
                visit(need)
            order[step.key] = step

        for step in steps:
            visit(step)
        return list(order.values())

    def make(self, steps: Sequence[Step], watcher: Watcher) -> None:
        """Build what is missing of the steps and of what they need."""
        if not self.missing(steps):
            return
        with self.locked(watcher):
            # What a killed run has left; a child of it may still be writing there, hence no fuss.
            shutil.rmtree(self.root / "tmp", ignore_errors=True)
            todo = self.missing(steps)  # another run may have built them while we waited
            if not todo:
                return
            watcher.plan(self._estimates(todo))
            for step in todo:
                self._build(step, watcher)
            for name in {step.name for step in todo}:
                self._prune(name)

    def estimate(self, steps: Sequence[Step]) -> float:
        """Give how many seconds `make` would take, by what the steps took the last time."""
        return sum(seconds for _, seconds in self._estimates(self.missing(steps)))

    def _estimates(self, steps: Sequence[Step]) -> list[tuple[str, float]]:
        known = self.costs()
        return [
            (each.name, known.get(each.name, {}).get("seconds", each.seconds)) for each in steps
        ]

    def _build(self, step: Step, watcher: Watcher) -> None:
        out = self.root / "tmp" / f"{_slug(step)}.{os.getpid()}"
        remove(out)
        with _umask():
            out.mkdir(parents=True)
        watcher.began(step.name)
        self._reached = functools.partial(watcher.reached, step.name)
        start = os.times()
        with _umask():
            step.build(out)
        end = os.times()
        final = self.path(step)
        final.parent.mkdir(parents=True, exist_ok=True)
        out.rename(final)
        seconds = end.elapsed - start.elapsed
        cpu = sum(end[:4]) - sum(start[:4])
        self._note(step.name, seconds, cpu)
        watcher.ended(step.name, seconds)
        log.debug("built", extra=fields(step=step.name, seconds=round(seconds, 1)))

    @contextlib.contextmanager
    def locked(self, watcher: Watcher) -> Generator[None]:
        """Hold the one lock of the cache; says who holds it while waiting."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                watcher.waits(file.read().strip() or "somebody")
                fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(0)
            file.write(f"process {os.getpid()}: {_command()}\n")
            file.flush()
            yield
            file.truncate(0)

    def costs(self) -> dict[str, dict[str, float]]:
        """Give what each step cost when it was last built here: wall `seconds` and `cpu`."""
        try:
            loaded: object = json.loads((self.root / "seconds.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        rows = loaded if isinstance(loaded, dict) else {}
        return {str(k): {str(a): float(b) for a, b in v.items()} for k, v in rows.items()}

    def _prune(self, name: str) -> None:
        """Remove old results of this name: not the newest few, and none of the last day.

        Other checkouts share the cache, and running nodes may hold what they were made from.
        """
        slug = re.compile(rf"{re.escape(name.replace('/', '-'))}-[0-9a-f]{{16}}")
        same = [each for each in (self.root / "steps").iterdir() if slug.fullmatch(each.name)]
        same.sort(key=lambda each: each.stat().st_mtime, reverse=True)
        for path in same[_KEPT:]:
            if path.stat().st_mtime < time.time() - _DAY_SECONDS:
                remove(path)

    def _note(self, name: str, seconds: float, cpu: float) -> None:
        rows = self.costs()
        rows[name] = {"seconds": round(seconds, 2), "cpu": round(cpu, 2)}
        write_atomic(
            self.root / "seconds.json", json.dumps(rows, indent=1, sort_keys=True).encode()
        )


def default_root() -> Path:
    """Give ICHOR_CACHE, else ~/.cache/ichor."""
    return Path(os.environ.get("ICHOR_CACHE") or Path.home() / ".cache" / "ichor")


def file_digest(*paths: Path) -> str:
    """Hash files by name and content, directories by all that is in them (not __pycache__)."""
    total = hashlib.sha256()
    for path in paths:
        for each in sorted(path.rglob("*")) if path.is_dir() else (path,):
            if each.is_file() and "__pycache__" not in each.parts:
                name = each.relative_to(path.parent).as_posix()
                body = hashlib.sha256(each.read_bytes()).hexdigest()
                total.update(f"{name}\0{body}\n".encode())
    return total.hexdigest()


@contextlib.contextmanager
def _umask() -> Generator[None]:
    """Have what is made be readable by all: its modes go into images, whoever builds them."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old or the new bytes, never a part."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)


def remove(path: Path) -> None:
    """Remove a tree if it is there, directories without write permission included."""
    if not path.exists():
        return
    for each in path.rglob("*"):
        if each.is_dir() and not each.is_symlink():
            each.chmod(0o755)
    shutil.rmtree(path)


def _slug(step: Step) -> str:
    return f"{step.name.replace('/', '-')}-{step.key[:16]}"


def _command() -> str:
    return Path("/proc/self/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
