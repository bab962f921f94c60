"""Firmware that boots by the network is told one address, and served one file."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from ichor.protocols.dhcp import packet
from ichor.protocols.dhcp.packet import Packet
from ichor.provision import leases, netboot
from ichor.provision import name as names
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Machine


def cluster(folder: Path, netboot: str) -> Cluster:
    machine = Machine(image="", netboot=netboot)
    return plan(Request(name="t", root=folder, machine=machine), lambda port: True)


def offered(of: Cluster, kind: bytes) -> Packet:
    mac = bytes.fromhex(names.hardware_address(of.nodes[0].name).replace(":", ""))
    options = {packet.KIND: bytes([packet.DISCOVER]), packet.CLASS: kind}
    reply = leases.answer(Packet(reply=False, transaction=7, mac=mac, options=options), of)
    assert reply is not None
    return packet.parse(packet.build(reply))


def test_firmware_is_told_where_its_file_is_and_others_are_not(tmp_path: Path) -> None:
    of = cluster(tmp_path, "/there")
    told = offered(of, b"HTTPClient:Arch:00016:UNDI:003001").options
    assert told[packet.CLASS] == b"HTTPClient"
    assert told[packet.BOOT_FILE] == b"http://10.5.0.1:8080/medium.efi"
    assert packet.BOOT_FILE not in offered(of, b"ichor").options
    assert packet.BOOT_FILE not in offered(cluster(tmp_path, ""), b"HTTPClient").options


@pytest.mark.parametrize(
    ("request_", "status", "length"),
    [
        (b"GET /medium.efi HTTP/1.1", "200 OK", 7),
        (b"HEAD /medium.efi HTTP/1.1", "200 OK", 7),
        (b"GET /../secret HTTP/1.1", "404 Not Found", 0),
        (b"POST /medium.efi HTTP/1.1", "400 Bad Request", 0),
        (b"nonsense", "400 Bad Request", 0),
    ],
)
def test_one_file_is_served_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: bytes, status: str, length: int
) -> None:
    (tmp_path / netboot.NAME).write_bytes(b"content")
    monkeypatch.setattr(netboot, "PORT", 0)
    of = replace(cluster(tmp_path, str(tmp_path)), gateway="127.0.0.1")

    async def main() -> bytes:
        async with AsyncExitStack() as stack:
            port = await netboot.serve(of, stack)
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request_ + b"\r\nHost: x\r\n\r\n")
            said = await reader.read()
            writer.close()
            return said

    head, _, body = asyncio.run(main()).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status}\r\n".encode())
    assert f"Content-Length: {length}".encode() in head
    assert body == (b"content" if request_.startswith(b"GET") and length else b"")
