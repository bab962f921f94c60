import asyncio
import os
import subprocess
import sys

from ichor.formats.jsonvalue import decode_object, objs
from ichor.linux.loopback import belongs_to
from ichor.peers.http1 import Origin, Pool, Request
from ichor.peers.static_pods import StaticPodServer


def test_the_kubelet_reads_what_was_published_last_and_nothing_before_the_first() -> None:
    async def check() -> None:
        server = StaticPodServer(belongs_to(lambda: [os.getpid()]))
        await server.listen()
        pool = Pool(Origin(host="127.0.0.1", port=int(server.url.split(":")[2].strip("/"))))
        request = Request(method="GET", target="/")
        assert (await pool.fetch(request)).status == 503
        server.publish([{"kind": "Pod", "metadata": {"name": "a"}}])
        server.publish([{"kind": "Pod", "metadata": {"name": "b"}}])
        reply = await pool.fetch(request)
        assert reply.status == 200
        assert objs(decode_object(reply.body), "items") == (
            {"kind": "Pod", "metadata": {"name": "b"}},
        )
        await pool.close()
        await server.close()

    asyncio.run(check())


def test_one_who_keeps_connecting_pushes_out_the_oldest_and_nobody_new() -> None:
    async def check() -> None:
        server = StaticPodServer(belongs_to(lambda: [os.getpid()]))
        await server.listen()
        server.publish([])
        port = int(server.url.split(":")[2].strip("/"))
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        assert await held[0][0].read() == b""  # cut off
        pool = Pool(Origin(host="127.0.0.1", port=port))
        assert (await pool.fetch(Request(method="GET", target="/"))).status == 200
        await pool.close()
        for _, writer in held:
            writer.close()
        await server.close()

    asyncio.run(check())


READ = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as link:
    try:
        link.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        print(link.recv(1000))
    except ConnectionError:
        print(b"")
"""


async def read_by_another(port: int) -> bytes:
    """Give what a process reads that is in our network, as our user, but is not the reader."""
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-c", READ, str(port), stdout=subprocess.PIPE
    )
    said, _ = await made.communicate()
    assert made.returncode == 0
    return said


def test_whoever_else_is_in_the_nodes_network_reads_nothing() -> None:
    async def check() -> None:
        server = StaticPodServer(belongs_to(lambda: [os.getpid()]))
        await server.listen()
        server.publish([{"kind": "Pod", "metadata": {"name": "a"}}])
        port = int(server.url.split(":")[2].strip("/"))
        assert await read_by_another(port) == b"b''\n"
        pool = Pool(Origin(host="127.0.0.1", port=port))
        assert (await pool.fetch(Request(method="GET", target="/"))).status == 200
        await pool.close()
        await server.close()

    asyncio.run(check())


def test_before_there_is_a_kubelet_nobody_reads() -> None:
    async def check() -> None:
        server = StaticPodServer(belongs_to(lambda: ()))
        await server.listen()
        server.publish([])
        port = int(server.url.split(":")[2].strip("/"))
        assert await read_by_another(port) == b"b''\n"
        await server.close()

    asyncio.run(check())
