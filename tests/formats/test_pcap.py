import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats import pcap
from ichor.formats.pcap import Packet, Reader

PACKETS = st.lists(
    st.builds(
        Packet,
        at_ns=st.integers(0, 2**31).map(lambda micros: micros * 1000),
        data=st.binary(max_size=50),
        length=st.integers(0, 2**16),
    )
)


@given(packets=PACKETS, cut=st.integers(1, 40))
def test_what_is_written_is_read_in_whatever_pieces(packets: list[Packet], cut: int) -> None:
    raw = pcap.head(65535, pcap.RAW) + b"".join(map(pcap.record, packets))
    reader = Reader()
    pieces = [raw[at : at + cut] for at in range(0, len(raw), cut)]
    assert [one for piece in pieces for one in reader.read(piece)] == packets
    assert reader.link == pcap.RAW


@given(raw=st.binary(max_size=200))
def test_other_bytes_are_refused_or_waited_with(raw: bytes) -> None:
    try:
        found = list(Reader().read(raw))
    except FormatError:
        return
    assert found == []


def test_a_packet_as_large_as_none_is_refused() -> None:
    record = bytearray(pcap.record(Packet(0, b"", 0)))
    record[8:12] = b"\xff\xff\xff\x7f"
    with pytest.raises(FormatError, match="at most"):
        list(Reader().read(pcap.head(1, 1) + bytes(record)))
