"""LUKS2 through libcryptsetup (libcryptsetup.h of 2.6 and later), loaded with the first use.

    with Volume(path) as volume:
        volume.format(shape, "STATE", luks2.MAKING)     # the volume's own key is drawn, and held
        volume.add_slot(0, key, kdf)
        volume.activate("luks2-STATE", 0, key)          # /dev/mapper/luks2-STATE

Every call blocks, some for as long as a key derivation takes: call it in a thread. A call that
fails raises OSError with what the library said; its errno is EPERM for a key that does not fit,
ENOENT for a slot that is not there.
"""

import ctypes
import json
import os
from collections.abc import Iterable, Mapping
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

from ichor.formats import luks2

LIBRARY: Final = "libcryptsetup.so.12"
MAPPER: Final = Path("/dev/mapper")
_LUKS2: Final = b"LUKS2"
ANY_TOKEN: Final = -1  # CRYPT_ANY_TOKEN: one that is free
_NO_BENCHMARK: Final = 1 << 1
_ERROR: Final = 1  # CRYPT_LOG_ERROR
_DISCARDS: Final = 1 << 3
# CRYPT_ACTIVATE_*, by the words of the configuration
OPTIONS: Final[Mapping[str, int]] = {
    "same_cpu_crypt": 1 << 6,
    "no_read_workqueue": 1 << 24,
    "no_write_workqueue": 1 << 25,
}


class Shape(NamedTuple):
    """cipher: as aes-xts-plain64. key: of the volume, in bytes. sector: in bytes."""

    cipher: str = "aes-xts-plain64"
    key: int = 64
    sector: int = 4096


class Kdf(NamedTuple):
    """What a slot's key is made of its passphrase by. memory: in KiB, of argon2id."""

    name: str
    iterations: int
    memory: int = 0
    threads: int = 0


class _Pbkdf(ctypes.Structure):
    _fields_ = (
        ("type", c_char_p),
        ("hash", c_char_p),
        ("time_ms", c_uint32),
        ("iterations", c_uint32),
        ("max_memory_kb", c_uint32),
        ("parallel_threads", c_uint32),
        ("flags", c_uint32),
    )


class _Luks2(ctypes.Structure):
    _fields_ = (
        ("pbkdf", POINTER(_Pbkdf)),
        ("integrity", c_char_p),
        ("integrity_params", c_void_p),
        ("data_alignment", c_size_t),
        ("data_device", c_char_p),
        ("sector_size", c_uint32),
        ("label", c_char_p),
        ("subsystem", c_char_p),
    )


_LOG: Final = ctypes.CFUNCTYPE(None, c_int, c_char_p, c_void_p)
# What a call takes behind the context.
_CALLS: Final[Mapping[str, tuple[type, ...]]] = {
    "crypt_load": (c_char_p, c_void_p),
    "crypt_format": (
        *(c_char_p, c_char_p, c_char_p, c_char_p, c_char_p, c_size_t),
        POINTER(_Luks2),
    ),
    "crypt_set_pbkdf_type": (POINTER(_Pbkdf),),
    "crypt_keyslot_add_by_volume_key": (c_int, c_char_p, c_size_t, c_char_p, c_size_t),
    "crypt_keyslot_add_by_passphrase": (c_int, c_char_p, c_size_t, c_char_p, c_size_t),
    "crypt_keyslot_destroy": (c_int,),
    "crypt_activate_by_passphrase": (c_char_p, c_int, c_char_p, c_size_t, c_uint32),
    "crypt_deactivate": (c_char_p,),
    "crypt_resize": (c_char_p, c_uint64),
    "crypt_set_label": (c_char_p, c_char_p),
    "crypt_token_json_set": (c_int, c_char_p),
}


@cache
def _library() -> ctypes.CDLL:
    found = ctypes.CDLL(LIBRARY, use_errno=True)
    found.crypt_init.argtypes = [POINTER(c_void_p), c_char_p]
    found.crypt_init_by_name.argtypes = [POINTER(c_void_p), c_char_p]
    found.crypt_free.argtypes = [c_void_p]
    found.crypt_free.restype = None
    found.crypt_set_log_callback.argtypes = [c_void_p, _LOG, c_void_p]
    found.crypt_set_log_callback.restype = None
    for name, taken in _CALLS.items():
        getattr(found, name).argtypes = [c_void_p, *taken]
    return found


class Volume:
    """One device or file with a header, or one to be. Raises OSError."""

    def __init__(self, device: Path) -> None:
        self._subject = str(device)
        self._context = c_void_p()
        self._said: list[str] = []
        library = _library()
        code: int = library.crypt_init(byref(self._context), os.fsencode(device))
        if code < 0:
            raise OSError(-code, os.strerror(-code), self._subject)
        self._log = _LOG(self._hear)  # as long as the context
        library.crypt_set_log_callback(self._context, self._log, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Forget the volume's key, too."""
        _library().crypt_free(self._context)

    def load(self) -> None:
        """Read the header that is there; a copy of it that is torn is repaired from the other."""
        self._do("crypt_load", _LUKS2, None)

    def format(self, shape: Shape, label: str, subsystem: str) -> None:
        """Write a header without slots, and draw the volume's key."""
        cipher, _, mode = shape.cipher.partition("-")
        kdf = _pbkdf(CHEAP)
        told = _Luks2(
            pbkdf=ctypes.pointer(kdf),
            sector_size=shape.sector,
            label=label.encode(),
            subsystem=subsystem.encode(),
        )
        names = _LUKS2, cipher.encode(), mode.encode()
        self._do("crypt_format", *names, None, None, shape.key, byref(told))

    def add_slot(self, slot: int, key: bytes, kdf: Kdf, known: bytes | None = None) -> None:
        """known: a key of another slot, where the volume was not formatted just now."""
        self._do("crypt_set_pbkdf_type", byref(_pbkdf(kdf)))
        if known is None:
            self._do("crypt_keyslot_add_by_volume_key", slot, None, 0, key, len(key))
        else:
            given = known, len(known), key, len(key)
            self._do("crypt_keyslot_add_by_passphrase", slot, *given)

    def remove_slot(self, slot: int) -> None:
        """Destroy what is kept of the volume's key in a slot."""
        self._do("crypt_keyslot_destroy", slot)

    def set_token(self, slots: Iterable[int], number: int = ANY_TOKEN, /, **said: object) -> None:
        """Say in the header what these slots are. number: of a token that says something else."""
        token = {"type": luks2.KIND, "keyslots": [str(slot) for slot in slots], **said}
        self._do("crypt_token_json_set", number, json.dumps(token).encode())

    def set_label(self, label: str, subsystem: str) -> None:
        self._do("crypt_set_label", label.encode(), subsystem.encode())

    def check(self, slot: int, key: bytes) -> None:
        """Raise OSError (EPERM) where the key does not open the volume by this slot."""
        self._do("crypt_activate_by_passphrase", None, slot, key, len(key), 0)

    def activate(
        self,
        name: str,
        slot: int,
        key: bytes,
        options: Iterable[str] = (),
        *,
        allow_discards: bool = False,
    ) -> None:
        """Make /dev/mapper/<name>."""
        flags = sum(OPTIONS[option] for option in options) | (_DISCARDS if allow_discards else 0)
        given = slot, key, len(key), flags
        self._do("crypt_activate_by_passphrase", name.encode(), *given)

    def _do(self, call: str, *arguments: object) -> None:
        self._said.clear()
        code: int = getattr(_library(), call)(self._context, *arguments)
        if code < 0:
            said = "; ".join(self._said) or os.strerror(-code)
            raise OSError(-code, f"{call}: {said}", self._subject)

    def _hear(self, level: int, message: bytes, _: object) -> None:
        if level == _ERROR:
            self._said.append(message.decode(errors="replace").strip())


def deactivate(name: str) -> None:
    """Remove /dev/mapper/<name>; nothing may use it. Raises OSError."""
    context = c_void_p()
    code: int = _library().crypt_deactivate(context, name.encode())
    if code < 0:
        raise OSError(-code, os.strerror(-code), name)


# The least that libcryptsetup takes.
CHEAP: Final = Kdf("pbkdf2", 1000)


def _pbkdf(kdf: Kdf) -> _Pbkdf:
    return _Pbkdf(
        type=kdf.name.encode(),
        hash=b"sha256",
        iterations=kdf.iterations,
        max_memory_kb=kdf.memory,
        parallel_threads=kdf.threads,
        flags=_NO_BENCHMARK,
    )
