"""ethtool's messages: what is told is what would be read; garbage is refused."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.protocols import neighbours
from ichor.protocols.netlink import ethtool, generic
from ichor.protocols.netlink.message import attributes, text

U32 = st.integers(0, (1 << 32) - 1)
NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=31)


@given(st.dictionaries(st.sampled_from(sorted(ethtool.CHANNEL_FIELDS)), U32))
def test_numbers_are_told_as_they_are_read(values: dict[str, int]) -> None:
    told = ethtool.set_numbers(ethtool.CHANNELS, "eth0", values, ethtool.CHANNEL_FIELDS)
    assert ethtool.numbers(told, ethtool.CHANNEL_FIELDS) == values
    assert told[0] == ethtool.CHANNELS + 1
    device = attributes(attributes(generic.body(told))[1])[2]
    assert text(device) == "eth0"


@given(st.dictionaries(NAMES, st.booleans(), max_size=5))
def test_bits_are_told_by_their_names(values: dict[str, bool]) -> None:
    told = ethtool.set_bits(ethtool.FEATURES, "eth0", ethtool.WANTED, values)
    assert {bit.name: bit.is_set for bit in ethtool.bits(told, ethtool.WANTED)} == values


@given(st.integers(0, 255))
def test_what_a_card_wakes_up_on_is_told_whole(modes: int) -> None:
    found = ethtool.bits(ethtool.set_wake("eth0", modes), ethtool.WAKE_MODES)
    assert sum(1 << bit.place for bit in found) == modes
    assert all(bit.is_set for bit in found)


@given(st.binary(max_size=64))
def test_garbage_raises_format_errors_only(raw: bytes) -> None:
    with suppress(FormatError):
        ethtool.numbers(raw, ethtool.RING_FIELDS)
    with suppress(FormatError):
        ethtool.bits(raw, ethtool.ACTIVE)


def test_announcements_are_written_as_their_standards_say() -> None:
    mac = bytes.fromhex("02005e005301")
    assert (
        neighbours.arp_announcement(mac, "192.0.2.9").hex()
        == (
            "ffffffffffff02005e005301" + "0806"  # RFC 826: to all, from us, ARP
            "0001080006040001" + "02005e005301c0000209" + "000000000000c0000209"
        )
    )
    assert neighbours.advertisement(mac, "2001:db8::9").hex() == (
        "88000000" + "20000000" + "20010db8000000000000000000000009" + "0201" + "02005e005301"
    )
