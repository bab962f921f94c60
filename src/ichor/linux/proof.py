"""What this machine runs from, read from its disk again: each block, the tree, and the image.

    command line of the kernel ─► root hash ─► partition of that name: blocks and tree, all of it
    entry that the loader named ─► image on the ESP: same root hash, its digest, who vouches for it

The kernel checks only what is read; this reads all. It is this machine's own word: whoever has
taken it over can say anything. Who must know asks the TPM.
"""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Final

from ichor.errors import Conflict, FormatError
from ichor.formats import pe, verity
from ichor.formats.verity import BLOCK, Verity
from ichor.linux import install, system_disk
from ichor.linux.boot_entry import EspEntries, directory, names, number_of, opened
from ichor.linux.install import COMMAND_LINE
from ichor.ports.proof import Proof
from ichor.resources.block.partition import root_label
from ichor.units import format_size

_CHUNK: Final = 4 << 20
_SAY_EVERY: Final = 16 << 20
_PATIENCE_S: Final = 30.0
_VERSION: Final = "PRETTY_NAME="


class RootProver:
    """vouch: as of an installer."""

    def __init__(self, entries: EspEntries, vouch: Callable[[bytes], str]) -> None:
        self._entries = entries
        self._vouch = vouch

    def prove(self) -> Generator[str | Proof, None, None]:
        running = install.own(self._entries.observe())
        wanted = verity.parse(COMMAND_LINE.read_text(encoding="ascii"))
        with Path(partition(root_label(wanted.root))).open("rb", buffering=0) as device:
            yield from check_root(device, wanted)
        name, image = started(running.number)
        held = verity.parse(pe.content(image, ".cmdline").decode("ascii", "replace"))
        if held != wanted:
            raise FormatError(f"the root of the command line in {name}, not {held.root.hex()}")
        yield Proof(
            version=version_of(image),
            entry=name,
            image=pe.digest(image),
            root=wanted.root,
            salt=wanted.salt,
            blocks=wanted.blocks,
            signer=self._vouch(image),
        )


def partition(label: str) -> str:
    """Give the device of the slot that holds the root. Raises Conflict."""
    disk = system_disk.observe()
    if disk is None:
        raise Conflict("this machine did not start from a disk")
    return disk.device(label)


def check_root(device: IO[bytes], wanted: Verity) -> Generator[str, None, None]:
    """Read blocks and tree. Raises FormatError naming the first part that is another."""
    level, left, told = bytearray(), wanted.blocks * BLOCK, 0
    while left:
        chunk = device.read(min(_CHUNK, left))
        if not chunk or len(chunk) % BLOCK:
            raise FormatError("a block of the root", offset=wanted.blocks * BLOCK - left)
        level += verity.digests(chunk, wanted.salt)
        left -= len(chunk)
        if (done := wanted.blocks * BLOCK - left) - told >= _SAY_EVERY:
            told = done
            yield f"root: {format_size(done)} read"
    made, tail = verity.over(bytes(level), wanted.salt)
    if made != wanted:
        raise FormatError(f"root {wanted.root.hex()}, not {made.root.hex()}")
    yield f"root: {wanted.blocks} blocks are as they were signed"
    at = wanted.blocks * BLOCK
    if whole(device, len(tail)) != tail:
        raise FormatError("the tree of these blocks", offset=at)
    yield "root: its tree is, too"


def whole(device: IO[bytes], size: int) -> bytes:
    data = bytearray()
    while chunk := device.read(size - len(data)):
        data += chunk
    return bytes(data)


def started(number: int) -> tuple[str, bytes]:
    """Give the file of the entry that runs, and what it holds. Raises Conflict."""
    with opened(write=False, patience_s=_PATIENCE_S) as root, directory(root) as folder:
        for name in names(folder):
            if number_of(name) == number:
                return name, install.read_file(folder, name)
    raise Conflict(f"boot entry {number}, which runs, is not on the ESP")


def version_of(image: bytes) -> str:
    """Give what the image calls itself, as os-release(5); empty if it does not."""
    for line in pe.content(image, ".osrel").decode("utf-8", "replace").splitlines():
        if line.startswith(_VERSION):
            return line.removeprefix(_VERSION).strip('"')
    return ""
