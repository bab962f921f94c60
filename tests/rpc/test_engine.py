"""The engine's boundary: garbage and floods end the connection, with no unexpected exception."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from ichor.rpc import engine as http
from ichor.rpc.engine import Engine, Limits

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REQUEST: list[tuple[bytes, bytes]] = [
    (b":method", b"POST"),
    (b":scheme", b"http"),
    (b":path", b"/a/B"),
    (b":authority", b"x"),
    (b"content-type", b"application/grpc"),
]


def frame(kind: int, flags: int, stream: int, body: bytes = b"") -> bytes:
    return (
        struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body
    )


def pair(limits: Limits | None = None) -> tuple[Engine, Engine]:
    client, server = Engine(client=True), Engine(client=False, limits=limits or Limits())
    assert not faults(server.receive(client.take(), 0))
    assert not faults(client.receive(server.take(), 0))
    return client, server


def faults(events: list[http.Event]) -> list[http.Fault]:
    return [event for event in events if isinstance(event, http.Fault)]


frames = st.builds(
    frame,
    st.integers(0, 12),
    st.integers(0, 255),
    st.integers(0, 2**31 + 8) | st.integers(0, 9),
    st.binary(max_size=60),
)


@given(st.lists(frames | st.binary(max_size=40), max_size=12), st.booleans())
@settings(max_examples=400, deadline=None)
def test_garbage_is_a_fault_at_worst(parts: list[bytes], running: bool) -> None:
    client, server = pair()
    if running:
        client.open(REQUEST, end=False)
        server.receive(client.take(), 0)
    for engine in (server, client):
        for part in parts:
            events = engine.receive(part, 0)
            engine.take()
            if faults(events):
                assert engine.receive(b"more", 0) == []
                break
        if running:
            engine.credit(1, 1)
            engine.send_headers(1, [(b"a", b"b")], end=True)
            engine.reset(1, http.CANCEL)
        engine.ping(b"12345678")
        engine.go_away(http.NO_ERROR)
        engine.take()


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_a_wrong_preface_is_a_fault(data: bytes) -> None:
    server = Engine(client=False)
    server.receive(data, 0)
    server.take()


def test_a_stream_above_the_limit_is_refused_alone() -> None:
    server = Engine(client=False, limits=Limits(streams=2))
    client = Engine(client=True)  # has not heard of the limit yet
    for _ in range(3):
        client.open(REQUEST, end=False)
    events = server.receive(client.take(), 0)
    assert [event.stream for event in events if isinstance(event, http.Headers)] == [1, 3]
    resets = [event for event in client.receive(server.take(), 0) if isinstance(event, http.Reset)]
    assert resets == [http.Reset(5, http.REFUSED)]


def test_a_goaway_lets_running_streams_end() -> None:
    client, server = pair()
    id = client.open(REQUEST, end=True)
    server.receive(client.take(), 0)
    server.go_away(http.NO_ERROR)
    events = client.receive(server.take(), 0)
    assert [event for event in events if isinstance(event, http.Away)] == [http.Away(1, 0, b"")]
    server.send_headers(id, [(b":status", b"200")], end=False)
    server.send_data(id, b"late", end=True)
    events = client.receive(server.take(), 0)
    assert [event.data for event in events if isinstance(event, http.Data)] == [b"late"]


def flood(server: Engine, data: bytes, times: int) -> bool:
    """Say whether the server put an end to it."""
    return any(faults(server.receive(data, n * 0.0001)) for n in range(times))


def test_rapid_resets_end_the_connection() -> None:
    client, server = pair()

    def reset_once() -> bytes:
        id = client.open(REQUEST, end=True)
        client.reset(id, http.CANCEL)
        return client.take()

    assert any(faults(server.receive(reset_once(), 0)) for _ in range(2000))


def test_ping_settings_priority_and_empty_data_floods_end_the_connection() -> None:
    for data in (
        frame(6, 0, 0, b"12345678"),
        frame(4, 0, 0),
        frame(2, 0, 1, b"\0\0\0\0\0"),
        frame(0, 0, 1),
        frame(77, 0, 0),
    ):
        client, server = pair()
        client.open(REQUEST, end=False)
        server.receive(client.take(), 0)
        assert flood(server, data, 2000), data


def test_a_few_pings_a_second_are_fine_for_ever() -> None:
    _, server = pair()
    for second in range(3000):
        assert not faults(server.receive(frame(6, 0, 0, b"12345678"), float(second)))
        server.take()


def test_a_continuation_flood_ends_the_connection() -> None:
    _, server = pair()
    server.receive(frame(1, 0, 1, b"\x82"), 0)
    assert flood(server, frame(9, 0, 1, b"\x82"), 200)


def test_too_large_headers_end_the_connection() -> None:
    client, server = pair()
    client.open([*REQUEST, *((b"k%d" % n, b"x" * 900) for n in range(60))], end=True)
    assert faults(server.receive(client.take(), 0))


def test_credit_opens_the_window_also_after_the_stream_ended() -> None:
    client, server = pair(Limits(connection_window=65536, stream_window=65535))
    for _ in range(40):
        id = client.open(REQUEST, end=False)
        client.send_data(id, b"x" * client.room(id), end=True)
        events = server.receive(client.take(), 0)
        server.send_headers(id, [(b":status", b"200")], end=True)
        for event in events:
            if isinstance(event, http.Data):
                server.credit(id, event.credit)
        client.receive(server.take(), 0)
    assert client.room(client.open(REQUEST, end=False)) > 0


def test_an_answer_to_a_stream_that_the_same_packet_ended_is_dropped() -> None:
    client, server = pair()
    for _ in range(2):
        client.reset(client.open(REQUEST, end=True), http.CANCEL)
    events = server.receive(client.take(), 0)
    assert [event.stream for event in events if isinstance(event, http.Headers)] == [1, 3]
    for id in (1, 3):
        server.send_headers(id, [(b":status", b"405")], end=True)
        server.send_data(id, b"x", end=True)
        server.reset(id, http.NO_ERROR)
        server.credit(id, 0)
    assert not faults(client.receive(server.take(), 0))
