"""DHCPv4 for a cluster's virtual machines: each gets the address that was planned for it.

Served by the hub on its bridge. Who is not of the cluster gets no answer.
"""

import asyncio
import ipaddress
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final, cast

from ichor.errors import FormatError
from ichor.linux.dhcp import open_socket
from ichor.protocols.dhcp import packet
from ichor.protocols.dhcp.packet import Packet
from ichor.provision import name as names
from ichor.provision import netboot
from ichor.provision.record import Cluster

_DAY: Final = 86400
_HTTP: Final = b"HTTPClient"  # UEFI 2.10, 24.7.3
_ALL: Final = "255.255.255.255"


def by_hardware(cluster: Cluster) -> Mapping[bytes, str]:
    """Give the addresses of the machines by their hardware's."""
    return {
        bytes.fromhex(names.hardware_address(node.name).replace(":", "")): node.address
        for node in cluster.nodes
        if node.machine is not None
    }


def answer(request: Packet, cluster: Cluster) -> Packet | None:
    """Give the reply, or None where nothing is to be said (RFC 2131, 4.3)."""
    address = by_hardware(cluster).get(request.mac)
    chosen = packet.addresses(request, packet.SERVER)
    if request.reply or address is None or chosen not in ((), (cluster.gateway,)):
        return None
    server = {packet.SERVER: packet.pack_addresses(cluster.gateway)}
    if request.kind == packet.DISCOVER:
        return _reply(request, packet.OFFER, address, {**server, **_settings(request, cluster)})
    if request.kind != packet.REQUEST:
        return None
    asked = packet.addresses(request, packet.ADDRESS) or (request.client,)
    if asked != (address,):
        return _reply(request, packet.NAK, packet.NOWHERE, server)
    return _reply(request, packet.ACK, address, {**server, **_settings(request, cluster)})


def _settings(request: Packet, cluster: Cluster) -> Mapping[int, bytes]:
    """Give what a machine is told; its firmware, which asks as HTTPClient, what it boots, too."""
    boot: Mapping[int, bytes] = {}
    if request.options.get(packet.CLASS, b"").startswith(_HTTP) and netboot.folder_of(cluster):
        boot = {packet.CLASS: _HTTP, packet.BOOT_FILE: netboot.url(cluster).encode()}
    mask = str(ipaddress.IPv4Network(cluster.subnet).netmask)
    return {
        packet.MASK: packet.pack_addresses(mask),
        packet.ROUTER: packet.pack_addresses(cluster.gateway),
        packet.LEASE: _DAY.to_bytes(4, "big"),
        **boot,
    }


def _reply(request: Packet, kind: int, yours: str, options: Mapping[int, bytes]) -> Packet:
    return Packet(
        reply=True,
        transaction=request.transaction,
        mac=request.mac,
        options={packet.KIND: bytes([kind]), **options},
        yours=yours,
        broadcast=request.broadcast,
    )


class _Server(asyncio.DatagramProtocol):
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Of 3.11's selector loop it is one by its methods only, not by its class.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        try:
            reply = answer(packet.parse(data), self._cluster)
        except FormatError:
            return
        if reply is not None and self._transport is not None:
            # To all: who asks may have no address yet, and the bridge is the machines' alone.
            self._transport.sendto(packet.build(reply), (_ALL, packet.CLIENT_PORT))


async def serve(cluster: Cluster, stack: AsyncExitStack) -> None:
    """Serve in this network namespace until the stack ends. Raises OSError."""
    listening = open_socket(names.BRIDGE, packet.SERVER_PORT)
    stack.callback(listening.close)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(cluster), sock=listening)
    stack.callback(transport.close)
