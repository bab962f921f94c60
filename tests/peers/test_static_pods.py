import asyncio

from ichor.formats.jsonvalue import decode_object, objs
from ichor.peers.http1 import Origin, Pool, Request
from ichor.peers.static_pods import StaticPodServer


def test_the_kubelet_reads_what_was_published_last_and_nothing_before_the_first() -> None:
    async def check() -> None:
        server = StaticPodServer()
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
        server = StaticPodServer()
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
