"""NTP: messages survive, garbage is refused, offsets are what the RFC's arithmetic says."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError, TransientError
from ichor.protocols.ntp import packet
from ichor.protocols.ntp.client import Filter, Query, Sample, ask, choose, measure
from ichor.protocols.ntp.discipline import SPIKES, STEP, Discipline, Do, decide
from ichor.protocols.ntp.packet import Packet

NOW = 1_800_000_000.0
U64 = st.integers(0, 2**64 - 1)
SHORT = st.integers(0, 2**32 - 1).map(lambda raw: raw / 65536)
PACKETS = st.builds(
    Packet,
    leap=st.integers(0, 3),
    version=st.integers(0, 7),
    mode=st.integers(0, 7),
    stratum=st.integers(0, 255),
    poll=st.integers(-128, 127),
    precision=st.integers(-128, 127),
    delay=SHORT,
    dispersion=SHORT,
    reference=st.integers(0, 2**32 - 1),
    updated=U64,
    origin=U64,
    received=U64,
    transmitted=U64,
)


@given(PACKETS)
def test_messages_survive(value: Packet) -> None:
    assert packet.parse(packet.build(value)) == value


@given(st.binary(max_size=80))
def test_garbage_raises_format_errors_only(raw: bytes) -> None:
    query = Query(1, NOW)
    try:
        measure(raw, query, NOW)
    except (FormatError, TransientError):
        return


@pytest.mark.parametrize(
    ("seconds", "raw"),
    [
        (0.0, 0x83AA7E80_00000000),  # RFC 5905, figure 4: 1 Jan 1970 is 2,208,988,800
        (-2_208_988_800.0 + 1, 0x00000001_00000000),
        (2_085_978_496.0 - 1, 0xFFFFFFFF_00000000),  # the last second of era 0: 7 Feb 2036
        (2_085_978_496.0 + 5, 0x00000005_00000000),  # and era 1
    ],
)
def test_a_time_is_read_in_the_era_that_is_near(seconds: float, raw: int) -> None:
    assert packet.stamp(seconds) == raw
    assert packet.seconds(raw, seconds + 1e8) == seconds


def reply(query: Query, *, offset: float, there: float, back: float, **more: int) -> bytes:
    """Answer as a server whose clock is ahead of ours by the offset."""
    received = query.sent + there + offset
    said = Packet(
        mode=packet.SERVER,
        stratum=2,
        origin=query.cookie,
        received=packet.stamp(received),
        transmitted=packet.stamp(received + 0.001),
    )
    return packet.build(said._replace(**more))


WAYS = st.floats(0.0001, 0.4)


@given(st.floats(-1e8, 1e8), WAYS, WAYS)
def test_the_truth_is_within_the_distance_of_the_offset(
    offset: float, there: float, back: float
) -> None:
    query = Query(7, NOW)
    data = reply(query, offset=offset, there=there, back=back)
    sample = measure(data, query, NOW + there + 0.001 + back)
    assert abs(sample.offset - offset) <= sample.distance + 1e-5
    assert sample.delay == pytest.approx(there + back, abs=1e-5)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"origin": 8}, FormatError),
        ({"mode": packet.CLIENT}, FormatError),
        ({"transmitted": 0}, FormatError),
        ({"leap": packet.UNSYNCHRONIZED}, TransientError),
        ({"stratum": 16}, TransientError),
        ({"stratum": 0, "reference": int.from_bytes(b"RATE", "big")}, TransientError),
        ({"dispersion": 2}, TransientError),
    ],
)
def test_who_has_no_time_or_answers_something_else_is_not_believed(
    more: dict[str, int], error: type[Exception]
) -> None:
    query = Query(7, NOW)
    with pytest.raises(error):
        measure(reply(query, offset=0, there=0.1, back=0.1, **more), query, NOW + 0.2)


def test_a_question_carries_a_random_number_in_place_of_our_time() -> None:
    asked = packet.parse(ask(0x1234))
    assert asked == Packet(transmitted=0x1234)
    assert ask(0)[0] == 0b00_100_011  # version 4, mode 3


def test_a_sample_of_little_delay_is_believed_until_it_is_old() -> None:
    held = Filter()
    held.add(Sample(0.5, 0.2, 0.1, at=0))
    held.add(Sample(0.1, 0.002, 0.001, at=1))
    best = held.best(2)
    assert best is not None
    assert best.offset == 0.1
    held.add(Sample(0.2, 0.004, 0.002, at=100))
    best = held.best(100)
    assert best is not None
    assert best.offset == 0.2
    held.forget()
    assert held.best(100) is None


def test_one_liar_among_three_is_outvoted_and_of_two_nobody_is_believed() -> None:
    good, near, liar = Sample(0.01, 0, 0.02), Sample(0.02, 0, 0.03), Sample(900.0, 0, 0.001)
    assert choose([liar, near, good]) == good
    assert choose([liar, good]) is None
    assert choose([good]) == good
    assert choose([]) is None


@given(st.lists(st.builds(Sample, st.floats(-10, 10), st.just(0.0), st.floats(0, 1)), max_size=6))
def test_the_choice_does_not_depend_on_the_order(samples: list[Sample]) -> None:
    mixed = random.Random(1).sample(samples, len(samples))
    assert choose(samples) == choose(mixed)


def test_a_clock_is_set_at_first_and_steered_from_then_on() -> None:
    state, what = decide(Discipline(), 3600.0)
    assert (what, state.epoch, state.synced) == (Do.STEP, 1, True)
    state, what = decide(state, 0.05)
    assert (what, state.epoch) == (Do.SLEW, 1)
    assert decide(Discipline(), -STEP)[1] is Do.SLEW


def test_a_spike_is_passed_over_and_a_jump_that_lasts_is_followed() -> None:
    state = decide(Discipline(), 0.0)[0]
    for count in range(1, SPIKES + 1):
        state, what = decide(state, 5.0)
        assert (what, state.spikes) == (Do.NOTHING, count)
    assert decide(state, 0.001)[0].spikes == 0
    state, what = decide(state, 5.0)
    assert (what, state.epoch, state.spikes) == (Do.STEP, 1, 0)


def test_who_is_calm_is_asked_less() -> None:
    state, polls = Discipline(), []
    for _ in range(30):
        state, _ = decide(state, 0.0001)
        polls.append(state.poll)
    assert polls[0] == 64
    assert polls[-1] == 1024
    assert polls == sorted(polls)
    assert decide(state, 0.1)[0].poll == 64


def test_a_sample_is_gone_after_eight_silent_polls_and_when_it_is_too_old() -> None:
    held = Filter()
    held.add(Sample(0.1, 0.002, 0.001, at=0))
    for _ in range(7):
        held.miss()
    assert held.best(500) is not None
    assert held.best(200_000) is None  # RFC 5905, 11.2: PHI times its age is above MAXDIST
    held.miss()
    assert held.best(500) is None
