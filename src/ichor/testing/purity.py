"""Purity: decisions that touch the world raise, by whichever path they get there.

Inside `pure()` everything raises; from `keep_pure(package)` on, whatever a function of that package
does, in any test. CPython's audit events see every open, socket, process and ctypes call. They do
not see stat(2) nor clock reads: ruff bans those names in the pure layers. Imports open files: they
are let pass in a package, but not in a block, so import before it what its code imports lazily.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from inspect import currentframe
from types import FrameType

_WORLD = frozenset({"open", "socket", "subprocess", "os", "shutil", "ctypes", "time", "sqlite3"})


class ImpureError(BaseException):
    """Pure code touched the world; not an Exception, lest the code swallow it."""


class _Guard:
    def __init__(self) -> None:
        self.is_armed = False
        self.packages: tuple[str, ...] = ()
        self._is_installed = False

    def install(self) -> None:
        if not self._is_installed:
            sys.addaudithook(self._hear)  # for the life of the process: there is no removing
            self._is_installed = True

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if event.split(".")[0] not in _WORLD:
            return
        if self.is_armed or self._is_decision(currentframe()):
            self.is_armed = False  # telling may itself open files
            raise ImpureError(f"{event}{args}")

    def _is_decision(self, frame: FrameType | None) -> bool:
        while frame is not None and self.packages:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return False
            if str(frame.f_globals.get("__name__")).startswith(self.packages):
                return True
            frame = frame.f_back
        return False


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


def keep_pure(package: str) -> None:
    """Raise ImpureError from now on wherever a function of the package touches the world."""
    _guard.install()
    _guard.packages = (*_guard.packages, f"{package}.")
