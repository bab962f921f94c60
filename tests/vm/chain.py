"""A byte is flipped in each part that a start relies on: it is refused, or the other slot starts.

    firmware ─► loader ─► unified image: stub, kernel, command line ─► tree ─► blocks of the root

Slot A holds the image before, slot B the one after it, which is next; what is changed belongs to
the latter, or to both. With Secure Boot firmware vouches for all it starts, and so for the root's
hash; without, nobody vouches for what is outside the root. Run by `make chain`, kept in
docs/proof/chain.log.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from tests.vm.press import Press, new_signer
from tests.vm.upgrading import Images, images

from ichor.formats import pe, verity
from ichor.formats.boot_entry import TRIES, BootEntry
from ichor.formats.gpt import SECTOR
from ichor.formats.verity import BLOCK, Verity
from ichor.image import authenticode, raw
from ichor.image.uki import Signer
from ichor.linux.install import named
from ichor.provision import machine as machines
from ichor.resources.block import layout
from ichor.resources.block.partition import root_label
from ichor.testing.machine import Trial, trial

pytestmark = pytest.mark.vm
ARMED: Final = "boot entry armed"
LONGEST_S: Final = 480.0  # three starts, on a busy host
LOG: Final = Path(__file__).parents[2] / "docs/proof/chain.log"
Change = Callable[[bytes], bytes]


class Outcome(Enum):
    NEXT = "starts the changed slot"
    OTHER = "falls back to the other slot"
    REFUSED = "refused by the firmware"
    UNPACKED_NOT = "refused by the kernel's stub"
    STOPS = "stops"


class Part(NamedTuple):
    """What is changed. image: of the signed image; loader; root: an offset in slot B, or none."""

    name: str
    image: Change = lambda image: image
    loader: Change = lambda loader: loader
    root: Callable[[Verity], int] | None = None


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def section(name: str, where: Callable[[bytes], int] = lambda body: len(body) // 2) -> Change:
    """Give a change of one byte of a section."""

    def change(image: bytes) -> bytes:
        (one,) = (each for each in pe.sections(image) if each.name == name)
        body = image[one.offset : one.offset + min(one.size, one.raw)]
        return flip(image, one.offset + where(body))

    return change


def of_root_hash(line: bytes) -> int:
    """Where the root's hash begins in a command line."""
    made = verity.parse(line.decode())
    return line.index(made.root.hex().encode())


PARTS: Final = (
    Part("nothing"),
    Part("loader", loader=section(".text")),
    Part("image: its stub's description (.osrel)", image=section(".osrel", lambda _: 0)),
    Part("image: kernel (.linux)", image=section(".linux")),
    Part("image: command line, root hash", image=section(".cmdline", of_root_hash)),
    Part("root: first block of its data", root=lambda made: 100),
    Part("root: a block of its tree", root=lambda made: (made.tree_block + 1) * BLOCK + 7),
    Part("root: the top of its tree", root=lambda made: made.tree_block * BLOCK + 7),
)


class Bench:
    """A disk with both slots. quick: what is started next, restarted soon after a panic."""

    def __init__(self, work: Path, known: Images, signer: Signer | None) -> None:
        self.press, self.signer = Press(work), signer
        self.old, self.new = known.old, known.new
        self.quick = soon(known.new.kernel)
        self._root = known.new_root
        table = layout.plan(known.old.root.root)
        _, first, second, _ = table.partitions
        self.table = named(table, second, root_label(known.new.root.root))
        self.slot = second
        self.base = work / "base.raw"
        old_root = work / "old.img"
        with self.press.disk.open("rb") as file:
            file.seek(first.first * SECTOR)
            old_root.write_bytes(file.read(first.sectors * SECTOR))
        raw.write(self.base, self.table, ((old_root, first), (self._root, second)))

    def prepare(self, target: Path, part: Part) -> None:
        """Put both slots on the disk of a machine that is off, one byte changed."""
        with self.base.open("rb") as source, target.open("r+b") as file:
            source.seek(self.slot.first * SECTOR)
            file.seek(self.slot.first * SECTOR)
            data = source.read(self._root.stat().st_size)
            if part.root is not None:
                data = flip(data, part.root(self.new.root))
            file.write(data)
        entries = {
            BootEntry(1): self._signed(self.old.kernel),
            BootEntry(2): part.image(self._signed(self.quick)),
        }
        self.press.put(target, entries, self.signer, part.loader)

    def _signed(self, image: bytes) -> bytes:
        return authenticode.sign(image, *self.signer) if self.signer else image

    @contextmanager
    def machine(self, work: Path) -> Iterator[Trial]:
        """Give one that is off; its firmware has enrolled the keys."""
        image = work / "disk.raw"
        shutil.copy(self.base, image)
        self.prepare(image, PARTS[0])
        with trial(image, secure_boot=self.signer is not None) as made:
            made.until(ARMED)
            made.switch_off()
            yield made


def soon(image: bytes) -> bytes:
    """Give the image with a command line by which the kernel restarts a second after a panic."""
    (line,) = (one for one in pe.sections(image) if one.name == ".cmdline")
    text = image[line.offset : line.offset + line.size]
    other = text.replace(b"panic=10", b"panic=01")
    assert other != text
    return image[: line.offset] + other + image[line.offset + line.size :]


def outcome(said: str, old: Verity) -> Outcome | None:
    """Tell from its console what became of a start; None while it is not over."""
    if ARMED in said:
        line = said[: said.index(ARMED)].rpartition("Linux version")[2]
        return Outcome.OTHER if root_label(old.root) in line else Outcome.NEXT
    if "access denied" in said.lower() or "security violation" in said.lower():
        return Outcome.REFUSED
    return Outcome.UNPACKED_NOT if "EFI stub: ERROR" in said else None


def started(machine: Trial, old: Verity) -> tuple[Outcome, str]:
    """Start it; give what became of it, and what was said of it."""
    before = len(machine.console)
    machine.start()
    end = time.monotonic() + LONGEST_S
    while (found := outcome(machine.console[before:], old)) is None:
        if time.monotonic() > end:
            found = Outcome.STOPS
            break
        time.sleep(0.1)
    said = machine.console[before:]
    machine.switch_off()
    return found, reason(said)


def left(machine: Trial, old: Verity) -> str:
    """Turn it off and on until it has left an image that is refused: each start takes a try."""
    for power_cycle in range(1, TRIES + 1):
        if started(machine, old)[0] is Outcome.OTHER:
            return f"the other slot, after {power_cycle} times off and on"
    return LEFT_NOT


REFUSALS: Final = (Outcome.REFUSED, Outcome.UNPACKED_NOT)
LEFT_NOT: Final = "again and again"
MARKS: Final = (
    "Access denied",
    "Security Violation",
    "verity-corruption",
    "is corrupted",
    "Kernel panic",
    "EFI stub: ERROR",
    "error",
)


def reason(said: str) -> str:
    """Give the line that says most about why."""
    for mark in MARKS:
        for line in said.splitlines():
            if mark.lower() in line.lower():
                return " ".join(line.split())[-70:]
    return ""


# Without Secure Boot nobody vouches for what firmware and loader start.
UNTOLD: Final = {"nothing", "loader", "image: its stub's description (.osrel)"}


def may_be(part: Part, *, secure: bool) -> set[Outcome]:
    if part.name == "nothing":
        return {Outcome.NEXT}
    if not secure and part.name in UNTOLD:
        return set(Outcome)
    return {Outcome.OTHER, *REFUSALS}


@pytest.mark.parametrize("secure", [True, False], ids=["secure", "open"])
def test_no_changed_part_is_started(tmp_path: Path, *, secure: bool) -> None:
    bench = Bench(tmp_path, images(), new_signer("ours") if secure else None)
    rows: list[str] = []
    wrong: list[str] = []
    with bench.machine(tmp_path) as machine:
        for part in PARTS:
            bench.prepare(machine.directory / machines.DISK, part)
            found, said = started(machine, bench.old.root)
            became = found.value
            if found in REFUSALS and part.name.startswith("image"):
                became += f", then {left(machine, bench.old.root)}"
            rows.append(f"{part.name:<40} {became:<60} {said}")
            print(rows[-1], flush=True)
            if found not in may_be(part, secure=secure) or became.endswith(LEFT_NOT):
                wrong.append(rows[-1])
    assert not wrong
    heading = f"Secure Boot {'on' if secure else 'off'}"
    keep(heading, rows)


def keep(heading: str, rows: list[str]) -> None:
    """Write a table into the log, in place of the one of before."""
    tables = LOG.read_text().split("\n\n") if LOG.exists() else []
    others = [one.strip("\n") for one in tables if one.strip() and not one.startswith(heading)]
    LOG.write_text("\n\n".join(sorted([*others, "\n".join([heading, *rows])])) + "\n")
