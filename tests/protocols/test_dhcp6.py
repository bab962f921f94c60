"""DHCPv6: messages survive, garbage is refused, and a conversation goes as RFC 8415 says."""

import random
from ipaddress import IPv6Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.protocols.dhcp import packet6
from ichor.protocols.dhcp.client6 import FOREVER, Client, State
from ichor.protocols.dhcp.packet6 import Address, Association, Packet

DUID = packet6.duid_of(bytes.fromhex("525400123456"))
SERVER = b"\x00\x03\x00\x01\x02\x00\x00\x00\x00\x01"
U32 = st.integers(0, FOREVER)
IPS = st.integers(0, 2**128 - 1).map(lambda n: str(IPv6Address(n)))
PACKETS = st.builds(
    Packet,
    st.integers(1, 13),
    st.integers(0, 2**24 - 1),
    st.lists(st.tuples(st.integers(0, 65535), st.binary(max_size=40)), max_size=5).map(tuple),
)
ASSOCIATIONS = st.builds(
    Association,
    U32,
    U32,
    U32,
    st.lists(st.builds(Address, IPS, U32, U32), max_size=3).map(tuple),
    st.integers(0, 65535),
)


@given(PACKETS)
def test_messages_survive(value: Packet) -> None:
    assert packet6.parse(packet6.build(value)) == value


@given(ASSOCIATIONS)
def test_associations_survive(value: Association) -> None:
    message = Packet(packet6.REPLY, 1, ((packet6.IA, packet6.pack_association(value)),))
    assert list(packet6.associations(message)) == [value]


@given(st.lists(st.sampled_from(["example.org", "a", "x-1.y.z"]), max_size=4))
def test_names_survive(names: list[str]) -> None:
    assert packet6.names(packet6.pack_names(*names)) == tuple(names)


@given(st.one_of(st.binary(max_size=80), PACKETS.map(packet6.build)))
def test_garbage_raises_format_errors_only(raw: bytes) -> None:
    try:
        message = packet6.parse(raw)
        list(packet6.associations(message))
        packet6.names(message.option(packet6.DOMAINS) or b"")
        packet6.time_servers(message)
    except FormatError:
        return


# RFC 8415, 21.4 and 21.6: an association of one address, its octets written by hand.
GOLDEN = bytes.fromhex(
    "07abcdef"  # REPLY
    "0001000a00030001525400123456"
    "0002000a00030001020000000001"
    "00030028123456780000003c00000078"
    "0005001820010db8000000000000000000000005000000c8000001f4"
    "0017001020010db8000000000000000000000053"
    "00180006046e6f646500"
)


def test_a_reply_is_read_as_it_is_written() -> None:
    message = packet6.parse(GOLDEN)
    assert (message.kind, message.transaction) == (packet6.REPLY, 0xABCDEF)
    assert message.option(packet6.CLIENT_ID) == DUID
    address = Address("2001:db8::5", 200, 500)
    (held,) = packet6.associations(message)
    assert held == Association(0x12345678, 60, 120, (address,))
    assert packet6.addresses(message, packet6.DNS) == ("2001:db8::53",)
    assert packet6.names(message.option(packet6.DOMAINS) or b"") == ("node",)


class Scene:
    """A client, and a server that answers each message as it is told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.client = Client(DUID, 7, self.now, random.Random(3).random)

    def due(self) -> Packet:
        self.now = max(self.now, self.client.next_time)
        (sent,) = self.client.tick(self.now)
        return packet6.parse(sent)

    def answer(self, asked: Packet, kind: int, *more: tuple[int, bytes]) -> list[Packet]:
        options = ((packet6.CLIENT_ID, DUID), (packet6.SERVER_ID, SERVER), *more)
        built = packet6.build(Packet(kind, asked.transaction, options))
        return [packet6.parse(one) for one in self.client.receive(built, self.now)]


def lease(
    *addresses: str, renew: int = 60, rebind: int = 120, valid: int = 200, status: int = 0
) -> tuple[int, bytes]:
    rows = tuple(Address(one, 100, valid) for one in addresses)
    return packet6.IA, packet6.pack_association(Association(7, renew, rebind, rows, status))


def bound(**times: int) -> Scene:
    scene = Scene()
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, lease("2001:db8::5"))
    assert asked.kind == packet6.REQUEST
    assert asked.option(packet6.SERVER_ID) == SERVER
    dns = (packet6.DNS, IPv6Address("2001:db8::53").packed)
    assert not scene.answer(asked, packet6.REPLY, lease("2001:db8::5", **times), dns)
    assert scene.client.state is State.BOUND
    return scene


def test_an_offer_is_asked_for_and_held() -> None:
    scene = bound()
    held = scene.client.lease
    assert held is not None
    assert (held.addresses, held.name_servers) == (("2001:db8::5",), ("2001:db8::53",))
    assert scene.client.next_time == scene.now + 60


def test_a_lease_is_renewed_then_rebound_then_lost() -> None:
    scene = bound()
    began = scene.now
    kinds = []
    while scene.client.lease is not None:
        kinds.append(scene.due().kind)
    assert kinds[0] == packet6.RENEW
    assert packet6.REBIND in kinds
    assert kinds.index(packet6.REBIND) < len(kinds) - 1
    assert kinds[-1] == packet6.SOLICIT
    assert scene.now == began + 200


def test_a_renewal_brings_new_times() -> None:
    scene = bound()
    asked = scene.due()
    assert not scene.answer(asked, packet6.REPLY, lease("2001:db8::5", renew=30))
    assert scene.client.state is State.BOUND
    assert scene.client.next_time == scene.now + 30


def test_a_server_that_forgot_us_is_asked_again() -> None:
    scene = bound()
    (again,) = scene.answer(scene.due(), packet6.REPLY, lease(status=packet6.NO_BINDING))
    assert again.kind == packet6.REQUEST


def test_an_address_that_is_taken_back_is_lost() -> None:
    scene = bound()
    (again,) = scene.answer(scene.due(), packet6.REPLY, lease("2001:db8::5", valid=0))
    assert again.kind == packet6.SOLICIT
    assert scene.client.lease is None


def test_a_lease_for_ever_is_never_renewed() -> None:
    scene = bound(renew=FOREVER, rebind=FOREVER, valid=FOREVER)
    assert scene.client.next_time == float("inf")


def test_where_there_are_no_addresses_the_rest_is_asked_for() -> None:
    scene = Scene()
    status = (packet6.STATUS, packet6.NO_ADDRESSES.to_bytes(2, "big"))
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, status)
    assert asked.kind == packet6.INFORMATION
    assert asked.option(packet6.IA) is None
    domain = (packet6.DOMAINS, packet6.pack_names("example.org"))
    scene.answer(asked, packet6.REPLY, domain)
    held = scene.client.lease
    assert held is not None
    assert (held.addresses, held.domains) == ((), ("example.org",))
    assert scene.due().kind == packet6.SOLICIT
    assert scene.now >= 100 + 86400


@pytest.mark.parametrize("field", ["transaction", "client"])
def test_an_answer_to_somebody_else_is_passed_over(field: str) -> None:
    scene = Scene()
    asked = scene.due()
    transaction = asked.transaction ^ (field == "transaction")
    duid = DUID if field == "transaction" else DUID + b"x"
    options = (
        (packet6.CLIENT_ID, duid),
        (packet6.SERVER_ID, SERVER),
        lease("2001:db8::5"),
    )
    built = packet6.build(Packet(packet6.ADVERTISE, transaction, options))
    assert scene.client.receive(built, scene.now) == ()
    assert scene.client.state is State.SOLICITING


def test_pauses_double_to_their_limit() -> None:
    scene = Scene()
    times = []
    for _ in range(16):
        scene.due()
        times.append(scene.client.next_time - scene.now)
    assert 1 <= times[0] <= 1.1
    assert all(1.85 <= after / before <= 2.15 for before, after in pairwise(times[:8]))
    assert 3240 <= times[-1] <= 3960


@given(st.lists(st.one_of(st.binary(max_size=60), PACKETS.map(packet6.build)), max_size=6))
def test_whatever_it_hears_it_goes_on(heard: list[bytes]) -> None:
    scene = Scene()
    for data in heard:
        try:
            scene.client.receive(data, scene.now)
        except FormatError:
            continue
    assert scene.due().kind == packet6.SOLICIT


@pytest.mark.parametrize("state", [State.RENEWING, State.REBINDING])
@pytest.mark.parametrize("status", [1, 4, packet6.USE_MULTICAST, packet6.NO_ADDRESSES])
@pytest.mark.parametrize("is_of_all", [True, False])
def test_a_server_that_cannot_renew_leaves_the_lease(
    state: State, status: int, *, is_of_all: bool
) -> None:
    scene = bound()
    asked = scene.due()
    while scene.client.state is not state:
        asked = scene.due()
    whole = packet6.STATUS, status.to_bytes(2, "big")
    told = whole if is_of_all else lease(status=status)
    assert scene.answer(asked, packet6.REPLY, told) == []
    assert scene.client.lease is not None
    assert scene.client.state is state
    assert scene.client.next_time > scene.now


def test_a_renewal_without_addresses_changes_nothing() -> None:
    scene = bound()
    assert scene.answer(scene.due(), packet6.REPLY, lease()) == []
    assert scene.client.lease is not None


def test_who_offers_and_refuses_is_asked_ever_more_rarely() -> None:
    scene, times = Scene(), []
    for _ in range(16):
        asked = scene.due()
        times.append(scene.now)
        (request,) = scene.answer(asked, packet6.ADVERTISE, lease("2001:db8::5"))
        sent = scene.answer(request, packet6.REPLY, lease(status=packet6.NO_ADDRESSES))
        while sent:  # the first time at once
            times.append(scene.now)
            (request,) = scene.answer(sent[0], packet6.ADVERTISE, lease("2001:db8::5"))
            sent = scene.answer(request, packet6.REPLY, lease(status=packet6.NO_ADDRESSES))
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[:5] == [0, 1, 3, 7, 15]
    assert pauses[-1] == 3599


@pytest.mark.parametrize("renew", [0, 1])
@pytest.mark.parametrize("preferred", [0, 100])
def test_a_renewal_is_never_due_at_once(renew: int, preferred: int) -> None:
    row = Address("2001:db8::5", preferred, 200)
    told = packet6.pack_association(Association(7, renew, 0, (row,)))
    scene = Scene()
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, lease("2001:db8::5"))
    scene.answer(asked, packet6.REPLY, (packet6.IA, told))
    assert scene.now + 10 <= scene.client.next_time < scene.now + 200


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff" * 400])
def test_a_time_is_of_four_octets(raw: bytes) -> None:
    scene = Scene()
    status = (packet6.STATUS, packet6.NO_ADDRESSES.to_bytes(2, "big"))
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, status)
    with pytest.raises(FormatError):
        scene.answer(asked, packet6.REPLY, (packet6.REFRESH, raw))
    assert scene.client.state is State.ASKING


def held(scene: Scene) -> tuple[str, ...]:
    return scene.client.lease.addresses if scene.client.lease else ()


def state(scene: Scene) -> State:
    return scene.client.state


def test_an_address_that_is_not_spoken_of_any_more_lapses_by_its_own_lifetime() -> None:
    scene = Scene()
    both = ("2001:db8::5", "2001:db8::6")
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, lease(*both))
    scene.answer(asked, packet6.REPLY, lease(*both, valid=200))
    begun = scene.now
    renewal = scene.due()
    assert scene.now == begun + 60
    scene.answer(renewal, packet6.REPLY, lease(both[0], renew=500, rebind=800, valid=1000))
    assert held(scene) == both
    assert scene.client.next_time == begun + 200
    scene.now = begun + 199
    assert not scene.client.tick(scene.now)
    assert held(scene) == both
    scene.now = begun + 200
    assert not scene.client.tick(scene.now)
    assert held(scene) == both[:1]
    assert state(scene) is State.BOUND
    assert scene.client.next_time == begun + 60 + 500
    last = scene.due()
    assert last.kind == packet6.RENEW
    (wanted,) = packet6.associations(last)
    assert [one.address for one in wanted.addresses] == [both[0]]


def test_an_address_that_is_not_spoken_of_is_asked_for_with_the_others() -> None:
    scene = Scene()
    both = ("2001:db8::5", "2001:db8::6")
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, lease(*both))
    scene.answer(asked, packet6.REPLY, lease(*both, valid=200))
    scene.answer(scene.due(), packet6.REPLY, lease(both[0], valid=200))
    (wanted,) = packet6.associations(scene.due())
    assert {one.address for one in wanted.addresses} == {*both}


def test_one_address_is_taken_back_and_the_other_stays() -> None:
    scene = Scene()
    both = ("2001:db8::5", "2001:db8::6")
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, lease(*both))
    scene.answer(asked, packet6.REPLY, lease(*both, valid=200))
    scene.answer(scene.due(), packet6.REPLY, lease(both[1], valid=0))
    assert held(scene) == both[:1]
    assert state(scene) is State.RENEWING
    scene.answer(scene.due(), packet6.REPLY, lease(both[0], valid=0))
    assert held(scene) == ()
    assert state(scene) is State.SOLICITING


def test_a_server_that_says_others_each_time_fills_no_memory() -> None:
    scene = Scene()
    many = [f"2001:db8::{number}" for number in range(1, 100)]
    (asked,) = scene.answer(scene.due(), packet6.ADVERTISE, lease(*many))
    scene.answer(asked, packet6.REPLY, lease(*many, valid=FOREVER))
    assert held(scene) == (*many[:16],)
    for number in range(1, 100):
        scene.answer(scene.due(), packet6.REPLY, lease(f"2001:db8:1::{number}", valid=1000))
        assert f"2001:db8:1::{number}" in held(scene)
        assert len(held(scene)) == 16
