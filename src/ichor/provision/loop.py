"""Loop devices: one per read-only image, shared by every node that mounts it.

A device is set up read-only with autoclear, so that the kernel frees it with its last mount, also
when we are killed. Two nodes on one device share one superblock and so the page cache of its
binaries. Structures: include/uapi/linux/loop.h.
"""

import fcntl
import os
import struct
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ichor.errors import TransientError

_LOOP_GET_STATUS64 = 0x4C05
_LOOP_CONFIGURE = 0x4C0A
_LOOP_CTL_GET_FREE = 0x4C82
_READ_ONLY, _AUTOCLEAR = 1, 4
# lo_device inode rdevice offset sizelimit number encrypt_type encrypt_key_size flags names key init
_INFO = struct.Struct("<5Q4I64s64s32s2Q")
_CONFIG = struct.Struct(f"<II{_INFO.size}s64x")
_ATTEMPTS = 16


def _status(fd: int) -> tuple[int, int, int] | None:
    """Give (device, inode, flags) of the file behind a loop device; None if it is free."""
    buffer = bytearray(_INFO.size)
    try:
        fcntl.ioctl(fd, _LOOP_GET_STATUS64, buffer)
    except OSError:
        return None
    info = _INFO.unpack(buffer)
    return info[0], info[1], info[8]


def _shared(image: Path) -> tuple[str, int] | None:
    """Find a device that already shows this image read-only; the caller closes the descriptor."""
    wanted = image.stat()
    for backing in sorted(Path("/sys/block").glob("loop*/loop/backing_file")):
        device = f"/dev/{backing.parts[3]}"
        try:
            fd = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        # Asked after the open, which holds the device: autoclear cannot take it from here on.
        if _status(fd) == (wanted.st_dev, wanted.st_ino, _READ_ONLY | _AUTOCLEAR):
            return device, fd
        os.close(fd)
    return None


def _configured(image_fd: int, image: Path) -> tuple[str, int]:
    """Set up a free device; another program may take it between the two calls, so try again."""
    name = os.fsencode(image)[:63]
    info = _INFO.pack(0, 0, 0, 0, 0, 0, 0, 0, _READ_ONLY | _AUTOCLEAR, name, b"", b"", 0, 0)
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(_ATTEMPTS):
            device = f"/dev/loop{fcntl.ioctl(control, _LOOP_CTL_GET_FREE)}"
            fd = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
            try:
                fcntl.ioctl(fd, _LOOP_CONFIGURE, _CONFIG.pack(image_fd, 0, info))
            except OSError:
                os.close(fd)
                continue
            return device, fd
    finally:
        os.close(control)
    raise TransientError(f"no loop device took {image} in {_ATTEMPTS} attempts")


@contextmanager
def attached(image: Path) -> Generator[str]:
    """Give the path of a loop device showing image; it lives on while something mounts it.

    The image's own lock keeps two nodes that start together from making a device each.
    """
    image_fd = os.open(image, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(image_fd, fcntl.LOCK_EX)
        device, fd = _shared(image) or _configured(image_fd, image)
        fcntl.flock(image_fd, fcntl.LOCK_UN)
        try:
            yield device
        finally:
            os.close(fd)
    finally:
        os.close(image_fd)
