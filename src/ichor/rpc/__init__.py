"""gRPC over asyncio: server, client and a proxy of raw bytes. It knows no method of ours.

    Channel ─┐                                        ┌─ handlers (typed or raw)
    Stream ──┤  Connection ── Engine (HTTP/2) ── Wire ┤
    proxy ───┘                 sans-I/O      TLS/unix └─ Server

Flow control carries back-pressure from end to end: a window is credited only when its consumer
took the data, so memory is bounded by windows whatever the peers do.
"""
