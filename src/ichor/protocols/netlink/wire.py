"""Addresses as rtnetlink carries them: 4, 6 or 16 bytes <-> text."""

import ipaddress

from ichor.errors import FormatError

AF_UNSPEC, AF_INET, AF_BRIDGE, AF_INET6 = 0, 2, 7, 10


def family_of(address: str) -> int:
    return AF_INET if ipaddress.ip_address(address).version == 4 else AF_INET6


def pack_ip(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def unpack_ip(raw: bytes) -> str:
    """Give an address as text, nothing for no bytes. Raises FormatError."""
    if not raw:
        return ""
    if len(raw) not in (4, 16):
        raise FormatError(f"an address of 4 or 16 bytes, not {len(raw)}")
    return str(ipaddress.ip_address(raw))


def pack_mac(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))


def unpack_mac(raw: bytes) -> str:
    return raw.hex(":")
