"""The words of a program: a generator that yields what it wants to read, and returns an Answer,
or None where nobody is there to give one.

    def vultr() -> Program:
        said = decode_object((yield from get("http://169.254.169.254/v1.json")))
        return Answer(instance=Instance(id=text(said, "instance-v2-id")))

Who runs it sends what was read. So a program is tested with a map of replies.
"""

from collections.abc import Generator, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from ichor.errors import InputError
from ichor.formats import packed
from ichor.formats.platform import Answer

LINK_LOCAL: Final = "http://169.254.169.254"
_CLOUD_INIT: Final = (b"#!", b"#include", b"#cloud-boothook", b"Content-Type:", b"MIME-Version:")
_OURS: Final = (b"machine:", b"kind:", b"apiVersion:")


class Get(Struct, frozen=True, kw_only=True):
    """optional: that there is no such thing (404) is an answer, too: None."""

    url: str
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    optional: bool = False


class ReadDisk(Struct, frozen=True, kw_only=True):
    """Read files of the one file system that has one of these labels, whatever their case.

    The reply has those that are there; it is None where there is no such disk.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]


Request: TypeAlias = Get | ReadDisk
Files: TypeAlias = Mapping[str, bytes]
Reply: TypeAlias = bytes | Files | None
Program: TypeAlias = "Generator[Request, Reply, Answer | None]"
Headers: TypeAlias = tuple[tuple[str, str], ...]


def get(
    url: str, headers: Headers = (), *, method: str = "GET", optional: bool = False
) -> Generator[Request, Reply, bytes]:
    """Give what a server says; nothing where there is no such thing and that may be."""
    said = yield Get(url=url, headers=headers, method=method, optional=optional)
    return said if isinstance(said, bytes) else b""


def get_text(url: str, headers: Headers = ()) -> Generator[Request, Reply, str]:
    """Give one line that a server may have."""
    return (yield from get(url, headers, optional=True)).decode("utf-8", "replace").strip()


def read_disk(labels: tuple[str, ...], *names: str) -> Generator[Request, Reply, Files | None]:
    said = yield ReadDisk(labels=labels, names=names)
    return said if isinstance(said, Mapping) else None


def config_of(data: bytes) -> bytes:
    """Give the machine configuration in what may be packed. Raises FormatError, InputError.

    What is meant for cloud-init is refused by name, for its faults as a configuration tell nothing.
    """
    plain = packed.unpacked(data)
    begin, *others = plain.splitlines() or [b""]
    is_ours = any(line.startswith(_OURS) for line in others)
    if begin.startswith(_CLOUD_INIT) or (begin.strip() == b"#cloud-config" and not is_ours):
        hint = "give the machine configuration itself as user data"
        raise InputError("the user data is cloud-init's, which does not run here", hint=hint)
    return plain if plain.strip() else b""
