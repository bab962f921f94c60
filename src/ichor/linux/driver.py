"""What drives a device and where it sits: ETHTOOL_GDRVINFO and sysfs.

struct ethtool_drvinfo, include/uapi/linux/ethtool.h: u32 command; texts of 32: driver, version,
firmware, bus, ROM; 12 spare, 5 u32.
"""

import ctypes
import fcntl
import socket
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

from ichor.ports.network import Hardware

_SIOCETHTOOL: Final = 0x8946
_GDRVINFO: Final = 3
_INFO: Final = struct.Struct("<I32s32s32s32s32s12x5I")
_REQUEST: Final = struct.Struct("<16sQ16x")  # struct ifreq with ifr_data
_PCI: Final = Path("/sys/bus/pci/devices")


def hardware(name: str) -> Hardware:
    """Ask the driver of a device; what has none to ask says nothing."""
    buffer = ctypes.create_string_buffer(_INFO.pack(_GDRVINFO, *[b""] * 5, *[0] * 5), _INFO.size)
    request = _REQUEST.pack(name.encode(), ctypes.addressof(buffer))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asked:
        try:
            fcntl.ioctl(asked, _SIOCETHTOOL, request)
        except OSError:  # EOPNOTSUPP; ENODEV: gone meanwhile
            return Hardware()
    texts = [one.partition(b"\0")[0].decode(errors="replace") for one in _INFO.unpack(buffer)[1:6]]
    driver, version, firmware, bus, _ = texts
    return Hardware(
        driver=driver,
        driver_version=version,
        firmware_version=firmware if firmware != "N/A" else "",
        bus_path=bus if bus != "N/A" else "",
        pci_id=_pci_id(bus),
    )


def _pci_id(bus: str) -> str:
    """Give vendor and device as `1AF4:1041`; empty where it is on no PCI bus."""
    with suppress(OSError):
        vendor, device = ((_PCI / bus / name).read_text() for name in ("vendor", "device"))
        return f"{vendor.strip()[2:]}:{device.strip()[2:]}".upper()
    return ""
