"""The end of a listener, without loss of what it has just accepted."""

import asyncio


async def stop_listening(server: asyncio.Server) -> None:
    """Stop listening, once the server knows of every connection that was accepted.

    asyncio counts a connection one step after it has accepted it. A server that was closed in
    between hears of its end when nobody can wait for that any more, and a callback raises
    TypeError (CPython 3.11, `Server._detach`).
    """
    loop = asyncio.get_running_loop()
    for each in server.sockets:
        loop.remove_reader(each)
    try:
        await asyncio.sleep(0)
    finally:
        server.close()
