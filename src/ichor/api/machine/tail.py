"""Log files to the client: the last lines, and on from there as the file grows.

    <name>.log.1 (rotated, whole) ─► <name>.log ─► grows ─► is rotated: the rest, then the new one

Bytes pass as they are, in pieces of 32 KiB. Waiting is for `changes`, never for a clock.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path

CHUNK = 32 * 1024
ALL = -1
Changes = Callable[[Path], AsyncGenerator[None, None]]


async def tail(
    path: Path, lines: int, *, follow: bool, changes: Changes, rotated: str = ".1"
) -> AsyncIterator[bytes]:
    """Give the last lines of a log, ALL of it if negative; follow: and all that comes.

    Raises FileNotFoundError if there is none.
    """
    older = path.with_name(path.name + rotated) if rotated else None
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        start = 0 if lines < 0 else _start(fd, lines)
        if start == 0 and older is not None:
            for piece in _older(older, _missing(fd, lines)):
                yield piece
        os.lseek(fd, start, os.SEEK_SET)
        async for piece in _rest(fd):
            yield piece
        if not follow:
            return
        async with aclosing(changes(path.parent)) as heard:
            async for _ in heard:
                async for piece in _rest(fd):
                    yield piece
                fresh = _replaced(path, fd)
                if fresh is not None:
                    os.close(fd)
                    fd = fresh
                    async for piece in _rest(fd):
                        yield piece
    finally:
        os.close(fd)


def _replaced(path: Path, fd: int) -> int | None:
    """Give a descriptor of the file that is at path now, None if it is still ours."""
    with suppress(FileNotFoundError):
        ours, there = os.fstat(fd), path.stat()
        if (ours.st_dev, ours.st_ino) != (there.st_dev, there.st_ino):
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        if there.st_size < os.lseek(fd, 0, os.SEEK_CUR):  # truncated in place
            os.lseek(fd, 0, os.SEEK_SET)
    return None


async def _rest(fd: int) -> AsyncIterator[bytes]:
    while piece := os.read(fd, CHUNK):
        yield piece
        await asyncio.sleep(0)


def _start(fd: int, lines: int) -> int:
    """Give where the last lines begin; a last line without an end counts as one."""
    position = os.fstat(fd).st_size
    if lines == 0 or position == 0:
        return position
    left = lines + (os.pread(fd, 1, position - 1) == b"\n")
    while position > 0:
        size = min(CHUNK, position)
        position -= size
        piece = os.pread(fd, size, position)
        at = len(piece)
        while (at := piece.rfind(b"\n", 0, at)) >= 0:
            left -= 1
            if left == 0:
                return position + at + 1
    return 0


def _missing(fd: int, lines: int) -> int:
    """Give how many lines are still wanted from an older file."""
    if lines < 0:
        return ALL
    count, position = 0, 0
    while piece := os.pread(fd, CHUNK, position):
        count += piece.count(b"\n")
        position += len(piece)
    return max(lines - count, 0)


def _older(path: Path, lines: int) -> "list[bytes]":
    with suppress(FileNotFoundError):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            position = 0 if lines < 0 else _start(fd, lines)
            pieces: list[bytes] = []
            while piece := os.pread(fd, CHUNK, position):
                pieces.append(piece)
                position += len(piece)
            return pieces
        finally:
            os.close(fd)
    return []
