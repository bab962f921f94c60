"""A virtual machine's port of the hub's bridge: a tap device, gone when its last user ends.

drivers/net/tun.c, include/uapi/linux/if_tun.h; the ioctls of bridges are those of linux/sockios.h.
"""

import fcntl
import os
import socket
import struct
from typing import Final

from ichor.errors import TransientError
from ichor.provision import name as names
from ichor.provision.record import Node
from ichor.provision.syscalls import network_namespace

_TUN: Final = "/dev/net/tun"
_TUNSETIFF: Final = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCBRADDIF = 0x8913, 0x8914, 0x89A2
_IFF_UP: Final = 1
_FLAGS: Final = struct.Struct("16sH22x")  # struct ifreq with ifr_flags
_INDEX: Final = struct.Struct("16si20x")  # and with ifr_ifindex


def open_port(node: Node, number: int = 0) -> int:
    """Make a port of the node and give its descriptor, with which it lives.

    Raises TransientError.
    """
    with network_namespace(names.hub(node.cluster)):
        tap = os.open(_TUN, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            _plug(tap, names.node_port(card(node, number)))
        except OSError as err:
            os.close(tap)
            raise TransientError(f"no port for {node.name}: {err.strerror}") from err
    return tap


def card(node: Node, number: int) -> str:
    """Name a network card of the node; the first has the node's name."""
    return f"{node.name} {number}" if number else node.name


def _plug(tap: int, name: str) -> None:
    flags = _IFF_TAP | _IFF_NO_PI | _IFF_VNET_HDR
    fcntl.ioctl(tap, _TUNSETIFF, _FLAGS.pack(name.encode(), flags))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        index = socket.if_nametoindex(name)
        fcntl.ioctl(control, _SIOCBRADDIF, _INDEX.pack(names.BRIDGE.encode(), index))
        held = fcntl.ioctl(control, _SIOCGIFFLAGS, _FLAGS.pack(name.encode(), 0))
        (_, flags) = _FLAGS.unpack(held)
        fcntl.ioctl(control, _SIOCSIFFLAGS, _FLAGS.pack(name.encode(), flags | _IFF_UP))
