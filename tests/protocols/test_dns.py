import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.protocols.dns import packet
from ichor.protocols.dns.cache import MAX_TTL, Cache
from ichor.protocols.dns.packet import HEADER, Question

NAME = "a.example."
QUESTION = Question(NAME, packet.A, packet.IN)
ASKED = packet.build_query(7, QUESTION)


def reply(
    *ttls: int, asked: bytes = ASKED, code: int = 0, soa: tuple[int, int] | None = None
) -> bytes:
    """Answer as a server: address records with these TTLs; soa: its TTL and its last field."""
    flags = packet.RESPONSE | packet.RECURSION_AVAILABLE | code
    raw = HEADER.pack(7, flags, 1, len(ttls), 1 if soa else 0, 0) + asked[12:]
    for ttl in ttls:
        raw += b"\xc0\x0c" + struct.pack("!HHIH", packet.A, 1, ttl, 4) + bytes([10, 0, 0, 1])
    if soa:
        data = b"\0\0" + struct.pack("!5I", 1, 2, 3, 4, soa[1])
        raw += b"\0" + struct.pack("!HHIH", packet.SOA, 1, soa[0], len(data)) + data
    return raw


labels = st.text("abcxyz-0189", min_size=1, max_size=20)
names = st.lists(labels, max_size=6).map(lambda each: ".".join([*each, ""]) or ".")


@given(names, st.integers(0, 65535), st.integers(0, 65535))
def test_a_question_that_is_built_reads_the_same(name: str, number: int, type_: int) -> None:
    question = Question(name, type_, 1)
    query = packet.read_query(packet.build_query(number, question))
    assert (query.id, query.question) == (number, question)


@given(st.binary(max_size=120))
def test_garbage_is_refused_and_nothing_else(raw: bytes) -> None:
    for read in (packet.read_query, packet.read_reply):
        with contextlib.suppress(FormatError):
            read(raw)
    packet.bare_failure(raw)


@given(st.data())
def test_a_spoilt_answer_is_refused_or_read(data: st.DataObject) -> None:
    raw = bytearray(reply(60, 30, soa=(60, 60)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError):
        found = packet.read_reply(bytes(raw))
        assert len(packet.aged(bytes(raw), found.records, 5, 100)) == len(raw)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"\xc0\x0c", id="at-itself"),
        pytest.param(b"\x01a\xc0\x0c", id="in-a-circle"),
        pytest.param(b"\xc0\xff", id="forward"),
        pytest.param(b"\xc0\x00", id="into-the-header"),
        pytest.param(b"\x40a", id="too-long-a-label"),
        pytest.param(b"\x3f" + b"a" * 63, id="without-an-end"),
        pytest.param((b"\x3f" + b"a" * 63) * 4 + b"\0", id="too-long-a-name"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(name: bytes) -> None:
    with pytest.raises(FormatError):
        packet.read_query(HEADER.pack(1, 0, 1, 0, 0, 0) + name + b"\0\1\0\1")


def test_a_dot_within_a_label_is_no_border_of_labels() -> None:
    one = packet.read_query(HEADER.pack(1, 0, 1, 0, 0, 0) + b"\x03a.b\0\0\1\0\1")
    two = packet.read_query(HEADER.pack(1, 0, 1, 0, 0, 0) + b"\x01a\x01b\0\0\1\0\1")
    assert one.question.name == r"a\.b."
    assert one.question != two.question


def test_a_known_name_answers_with_the_addresses_of_the_type_asked_for() -> None:
    query = packet.read_query(ASKED)
    raw = packet.addresses(ASKED, query, ("10.0.0.1", "fd00::1"), 5)
    found = packet.read_reply(raw)
    assert (found.id, found.question, found.answers, found.ttl) == (7, QUESTION, 1, 5)
    assert raw.endswith(bytes([10, 0, 0, 1]))


def test_an_answer_grows_old_in_the_cache_and_then_goes() -> None:
    cache = Cache()
    query = packet.read_query(ASKED)
    raw = reply(60, 30)
    cache.keep(query, packet.read_reply(raw), raw, 100.0)
    later = packet.build_query(9, QUESTION)
    found = cache.find(packet.read_query(later), later, 110.0)
    assert found is not None
    read = packet.read_reply(found)
    assert (read.id, [one.ttl for one in read.records]) == (9, [50, 20])
    assert cache.find(query, ASKED, 130.0) is None
    assert len(cache) == 0


@pytest.mark.parametrize(
    ("raw", "kept_s"),
    [
        pytest.param(reply(10**6), MAX_TTL, id="not-longer-than-an-hour"),
        pytest.param(reply(0), 0, id="zero-is-not-kept"),
        pytest.param(reply(60, code=packet.SERVER_FAILURE), 0, id="failure-is-not-kept"),
        pytest.param(reply(code=packet.NAME_ERROR), 0, id="no-such-name-without-a-term"),
        pytest.param(reply(code=packet.NAME_ERROR, soa=(90, 40)), 40, id="no-such-name"),
        pytest.param(reply(soa=(20, 40)), 20, id="no-such-type"),
        pytest.param(reply(0x80000001), 0, id="negative-is-zero"),
    ],
)
def test_an_answer_is_kept_for_so_long(raw: bytes, kept_s: int) -> None:
    cache = Cache()
    query = packet.read_query(ASKED)
    cache.keep(query, packet.read_reply(raw), raw, 0.0)
    assert (cache.find(query, ASKED, kept_s - 0.1) is not None) is (kept_s > 0)
    assert cache.find(query, ASKED, kept_s + 0.1) is None


def test_an_asker_sees_its_own_spelling_and_not_what_another_asked_beyond_it() -> None:
    cache = Cache()
    query = packet.read_query(ASKED)
    raw = reply(60)
    cache.keep(query, packet.read_reply(raw), raw, 0.0)
    loud = ASKED.replace(b"example", b"eXaMpLe")
    found = cache.find(packet.read_query(loud), loud, 1.0)
    assert found is not None
    assert b"eXaMpLe" in found
    secured = (
        ASKED[:11] + b"\1" + ASKED[12:] + b"\0" + struct.pack("!HHIH", packet.OPT, 4096, 0x8000, 0)
    )
    asked = packet.read_query(secured)
    assert (asked.size, asked.extended) == (4096, True)
    assert cache.find(asked, secured, 1.0) is None


def test_the_least_used_goes_when_there_is_no_room() -> None:
    cache = Cache(entries=2)
    queries = [packet.build_query(1, Question(f"{one}.", 1, 1)) for one in "abc"]
    for asked in queries[:2]:
        query = packet.read_query(asked)
        cache.keep(query, packet.read_reply(reply(60, asked=asked)), reply(60, asked=asked), 0.0)
    assert cache.find(packet.read_query(queries[0]), queries[0], 1.0) is not None
    query = packet.read_query(queries[2])
    raw = reply(60, asked=queries[2])
    cache.keep(query, packet.read_reply(raw), raw, 1.0)
    assert [cache.find(packet.read_query(one), one, 2.0) is not None for one in queries] == [
        True,
        False,
        True,
    ]
