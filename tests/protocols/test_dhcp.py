"""The client's side of DHCPv4 against a server of a few lines; the codec against itself."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.protocols.dhcp import packet
from ichor.protocols.dhcp.client import Client, Lease, Send, State
from ichor.protocols.dhcp.packet import Packet, Route

MAC = bytes.fromhex("525400123456")
SERVER = "10.0.2.2"
OPTIONS = st.dictionaries(
    st.integers(1, 254).filter(lambda code: code != packet.OVERLOAD), st.binary(max_size=600)
)


def offer(request: bytes, kind: int, seconds: int = 3600, **more: bytes) -> bytes:
    """Answer as slirp does."""
    asked = packet.parse(request)
    options = {
        packet.KIND: bytes([kind]),
        packet.SERVER: packet.pack_addresses(SERVER),
        packet.LEASE: seconds.to_bytes(4, "big"),
        packet.MASK: packet.pack_addresses("255.255.255.0"),
        packet.ROUTER: packet.pack_addresses(SERVER),
        packet.DNS: packet.pack_addresses("10.0.2.3"),
        packet.HOSTNAME: b"guest",
    } | {int(code[1:]): value for code, value in more.items()}
    return packet.build(Packet(True, asked.transaction, asked.mac, options, yours="10.0.2.15"))


def client() -> Client:
    return Client(MAC, 0.0, lambda: 0.5)


def sent(sends: "list[Send] | tuple[Send, ...] | object") -> Packet:
    assert isinstance(sends, tuple)
    (one,) = sends
    return packet.parse(one.data)


def bound(seconds: int = 3600) -> Client:
    made = client()
    (discover,) = made.tick(0)
    (request,) = made.receive(offer(discover.data, packet.OFFER, seconds), 1)
    assert made.receive(offer(request.data, packet.ACK, seconds), 2) == ()
    return made


@given(OPTIONS, st.integers(0, (1 << 32) - 1), st.integers(0, 0xFFFF))
def test_what_is_written_is_read(options: dict[int, bytes], transaction: int, seconds: int) -> None:
    one = Packet(False, transaction, MAC, options, seconds, "192.0.2.1", "192.0.2.7")
    assert packet.parse(packet.build(one)) == one
    assert len(packet.build(one)) >= 300


@given(st.binary(max_size=700))
def test_foreign_bytes_end_in_a_format_error_or_a_packet(data: bytes) -> None:
    for raw in (data, bytes(236) + bytes((99, 130, 83, 99)) + data):
        with contextlib.suppress(FormatError):
            read = packet.parse(raw)
            packet.text(read, packet.HOSTNAME)
            packet.interface(read)
            packet.routes(read)


@given(st.lists(st.binary(max_size=700), max_size=5))
def test_foreign_replies_never_end_the_conversation(replies: list[bytes]) -> None:
    made = client()
    made.tick(0)
    for data in replies:
        made.receive(bytes([2]) + data, 1)
    assert made.lease is None
    assert made.tick(made.next_time)


def test_a_lease_takes_four_messages() -> None:
    made = client()
    (discover,) = made.tick(0)
    assert packet.parse(discover.data).kind == packet.DISCOVER
    assert (discover.server, packet.parse(discover.data).broadcast) == ("", True)
    (request,) = made.receive(offer(discover.data, packet.OFFER), 1)
    asked = packet.parse(request.data)
    assert asked.kind == packet.REQUEST
    assert packet.addresses(asked, packet.ADDRESS) == ("10.0.2.15",)
    assert packet.addresses(asked, packet.SERVER) == (SERVER,)
    made.receive(offer(request.data, packet.ACK), 2)
    assert made.lease == Lease(
        address="10.0.2.15/24",
        server=SERVER,
        seconds=3600,
        renew=1800,
        rebind=3150,
        routes=(Route("", SERVER),),
        name_servers=("10.0.2.3",),
        hostname="guest",
    )


def test_silence_is_answered_by_asking_again_ever_more_rarely() -> None:
    made, times = client(), []
    for _ in range(7):
        times.append(made.next_time)
        assert sent(made.tick(made.next_time)).kind == packet.DISCOVER
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses == [4, 8, 16, 32, 64, 64]


def test_a_server_that_falls_silent_after_its_offer_is_left() -> None:
    made = client()
    (discover,) = made.tick(0)
    made.receive(offer(discover.data, packet.OFFER), 0)
    kinds = [sent(made.tick(made.next_time)).kind for _ in range(4)]
    assert kinds == [packet.REQUEST] * 3 + [packet.DISCOVER]


def test_a_lease_is_renewed_with_its_server_then_with_any_and_then_lost() -> None:
    made = bound()
    assert made.next_time == 2 + 1800
    (renewal,) = made.tick(2 + 1800)
    assert renewal.server == SERVER
    assert packet.parse(renewal.data).client == "10.0.2.15"
    assert packet.ADDRESS not in packet.parse(renewal.data).options
    last = renewal
    while made.state is State.RENEWING:
        (last,) = made.tick(made.next_time)
    assert (last.server, made.lease is not None) == ("", True)
    assert made.next_time > 2 + 3150
    while made.state is State.REBINDING:
        made.tick(made.next_time)
    assert (made.state, made.lease) == (State.SELECTING, None)


def test_a_renewal_starts_the_time_anew() -> None:
    made = bound()
    (renewal,) = made.tick(1802)
    made.receive(offer(renewal.data, packet.ACK), 1810)
    assert (made.state, made.next_time) == (State.BOUND, 1810 + 1800)


def test_a_refusal_loses_the_lease_and_asks_anew() -> None:
    made = bound()
    (renewal,) = made.tick(1802)
    assert sent(made.receive(offer(renewal.data, packet.NAK), 1803)).kind == packet.DISCOVER
    assert made.lease is None


def test_an_endless_lease_is_never_renewed() -> None:
    assert bound(0xFFFFFFFF).next_time == float("inf")


@pytest.mark.parametrize("change", ["transaction", "mac", "request"])
def test_replies_for_others_are_passed_over(change: str) -> None:
    made = client()
    (discover,) = made.tick(0)
    right = packet.parse(offer(discover.data, packet.OFFER))
    wrong = {
        "transaction": right._replace(transaction=right.transaction ^ 1),
        "mac": right._replace(mac=bytes(6)),
        "request": right._replace(reply=False),
    }[change]
    assert made.receive(packet.build(wrong), 1) == ()
    assert made.state is State.SELECTING


def test_classless_routes_stand_for_the_router() -> None:
    made = client()
    (discover,) = made.tick(0)
    raw = bytes.fromhex("00 0a00020118 c00002 000000001d 0a0a0a18 0a000202")
    (request,) = made.receive(offer(discover.data, packet.OFFER), 1)
    made.receive(offer(request.data, packet.ACK, o121=raw), 1)
    assert made.lease is not None
    assert made.lease.routes == (
        Route("", "10.0.2.1"),
        Route("192.0.2.0/24", ""),
        Route("10.10.10.24/29", "10.0.2.2"),
    )


def test_a_name_no_host_could_have_is_no_name() -> None:
    reply = Packet(True, 1, MAC, {packet.HOSTNAME: b"a b\n"})
    assert packet.text(reply, packet.HOSTNAME) == ""


def test_options_continue_in_the_fields_that_were_given_up_for_them() -> None:
    raw = bytearray(packet.build(Packet(True, 1, MAC, {packet.OVERLOAD: b"\x01", 12: b"a"})))
    raw[108:115] = bytes([15, 2]) + b"ex" + bytes([255, 0, 0])
    read = packet.parse(bytes(raw))
    assert (packet.text(read, 12), packet.text(read, 15)) == ("a", "ex")


def test_who_offers_and_refuses_is_asked_ever_more_rarely() -> None:
    made, now, times = client(), 0.0, []
    for _ in range(10):
        now = max(now, made.next_time)
        sends = made.tick(now)
        while sends:
            times.append(now)
            (request,) = made.receive(offer(sends[0].data, packet.OFFER), now)
            sends = made.receive(offer(request.data, packet.NAK), now)
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses == [0, 1, 3, 7, 15, 31, 63, 63, 63, 63]
