"""The kernel's clock: set, steered, and asked how it runs (clock_settime(2), adjtimex(2)).

Steering is the kernel's own loop (STA_PLL); with an error below what it takes for unsynchronised
it also writes the time to the battery's clock every eleven minutes.
"""

import ctypes
import os
import time
from typing import Final

from ichor.ports.time_sync import Adjtime

_OFFSET, _MAX_ERROR, _ESTIMATED, _STATUS, _CONSTANT, _NANO = 0x1, 0x4, 0x8, 0x10, 0x20, 0x2000
_PLL, _UNSYNC, _NANOSECONDS = 0x1, 0x40, 0x2000
_ERROR: Final = 5  # TIME_ERROR
_FLAGS: Final = {
    0x1: "STA_PLL",
    0x2: "STA_PPSFREQ",
    0x4: "STA_PPSTIME",
    0x8: "STA_FLL",
    0x10: "STA_INS",
    0x20: "STA_DEL",
    0x40: "STA_UNSYNC",
    0x80: "STA_FREQHOLD",
    0x100: "STA_PPSSIGNAL",
    0x200: "STA_PPSJITTER",
    0x400: "STA_PPSWANDER",
    0x800: "STA_PPSERROR",
    0x1000: "STA_CLOCKERR",
    0x2000: "STA_NANO",
    0x4000: "STA_MODE",
    0x8000: "STA_CLK",
}
_STATES: Final = ("TIME_OK", "TIME_INS", "TIME_DEL", "TIME_OOP", "TIME_WAIT", "TIME_ERROR")
_SCALED: Final = float(1 << 16) * 1e6  # freq: parts per million with 16 bits behind the point
_MOST: Final = 500_000_000  # what the kernel takes of an offset, in nanoseconds


class _Timex(ctypes.Structure):
    """struct timex, include/uapi/linux/timex.h."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("micros", ctypes.c_long),
        ("tick", ctypes.c_long),
        ("pps", ctypes.c_long * 8),
        ("tai", ctypes.c_int),
        ("padding", ctypes.c_int * 11),
    ]


def step(offset_s: float) -> None:
    """Add to the clock at once. Raises OSError."""
    time.clock_settime_ns(time.CLOCK_REALTIME, time.time_ns() + round(offset_s * 1e9))


def slew(offset_s: float, error_s: float, poll_s: float) -> None:
    """Have the clock run faster or slower until this much is made up. Raises OSError."""
    told = _Timex()
    told.modes = _OFFSET | _MAX_ERROR | _ESTIMATED | _STATUS | _CONSTANT | _NANO
    told.offset = max(-_MOST, min(_MOST, round(offset_s * 1e9)))
    told.maxerror = told.esterror = round(error_s * 1e6)
    told.status = _PLL | _NANOSECONDS
    told.constant = max(0, round(poll_s).bit_length() - 5)  # log2 of the poll, 4 less
    _adjtimex(told)


def read() -> Adjtime:
    told = _Timex()
    state = _adjtimex(told)
    scale = 1e9 if told.status & _NANOSECONDS else 1e6
    return Adjtime(
        offset_s=told.offset / scale,
        frequency_ratio=1 + told.freq / _SCALED,
        max_error_s=told.maxerror / 1e6,
        estimated_error_s=told.esterror / 1e6,
        status=" | ".join(name for bit, name in _FLAGS.items() if told.status & bit),
        constant=told.constant,
        is_synced=state != _ERROR and not told.status & _UNSYNC,
        state=_STATES[state] if 0 <= state < len(_STATES) else str(state),
    )


def _adjtimex(told: _Timex) -> int:
    state = int(_LIBC.adjtimex(ctypes.byref(told)))
    if state < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "adjtimex")
    return state


_LIBC: Final = ctypes.CDLL(None, use_errno=True)
