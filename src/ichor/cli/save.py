"""Files that commands write: never over an existing one unless told to, secrets for the owner."""

import os
import sys
from pathlib import Path

from ichor.errors import InputError

STDOUT = "-"


def read_text(path: str) -> str:
    """Give the text of a file, or of the standard input for `-`. Raises InputError."""
    if path == STDOUT:
        return sys.stdin.read()
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("no such file", path=path) from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8", path=path) from None


def write_text(path: str, text: str, *, force: bool = False, mode: int = 0o600) -> None:
    """Write a file, or to the standard output for `-`. Raises InputError if it is there."""
    if path == STDOUT:
        sys.stdout.write(text)
        return
    write_bytes(path, text.encode(), force=force, mode=mode)


def write_bytes(path: str, content: bytes, *, force: bool = False, mode: int = 0o644) -> None:
    """Write a file. Raises InputError if it is there."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    how = os.O_TRUNC if force else os.O_EXCL
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | how, mode)
    except FileExistsError:
        raise InputError("is there already", path=path, hint="use --force to replace it") from None
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
    print(f"wrote {path}", file=sys.stderr)


def patches_of(values: tuple[str, ...]) -> "list[tuple[str, str]]":
    """Give file name and text of each `--patch`, which is a text or `@file`."""
    return [
        (value[1:], read_text(value[1:])) if value.startswith("@") else ("<patch>", value)
        for value in values
    ]
