"""Purity: inside `pure()`, whatever touches the world raises, by whichever path it gets there.

CPython's audit events see every open, socket, process and ctypes call. They do not see
stat(2) nor clock reads: ruff bans those names in the pure layers. Import what the code under test
imports lazily before the block, for an import opens files.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager

_WORLD = frozenset({"open", "socket", "subprocess", "os", "shutil", "ctypes", "time", "sqlite3"})


class ImpureError(BaseException):
    """Pure code touched the world; not an Exception, lest the code swallow it."""


class _Guard:
    def __init__(self) -> None:
        self.is_armed = False
        self._is_installed = False

    def install(self) -> None:
        if not self._is_installed:
            sys.addaudithook(self._hear)  # for the life of the process: there is no removing
            self._is_installed = True

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if self.is_armed and event.split(".")[0] in _WORLD:
            self.is_armed = False  # telling may itself open files
            raise ImpureError(f"{event}{args}")


_guard = _Guard()


@contextmanager
def pure() -> Generator[None, None, None]:
    """Raises: ImpureError where the block touches the world."""
    _guard.install()
    _guard.is_armed = True
    try:
        yield
    finally:
        _guard.is_armed = False
