"""gRPC's headers: timeouts, percent-encoding, binary values, messages and their compression."""

import asyncio
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.rpc import metadata as md
from ichor.rpc.framing import Messages, gunzip
from ichor.rpc.status import Code, RpcError
from ichor.rpc.stream import Chunk


@given(st.text(st.characters(codec="utf-8")))
def test_a_message_survives_percent_encoding(text: str) -> None:
    quoted = md.quote(text)
    assert all(0x20 <= c <= 0x7E for c in quoted)
    assert md.unquote(quoted) == text


@given(st.binary(max_size=100))
def test_binary_metadata_survives(value: bytes) -> None:
    fields = md.encode([("a-bin", value)])
    assert md.decode(fields).binary("a-bin") == value


def test_padded_and_joined_binary_values_are_read() -> None:
    assert md.decode([(b"a-bin", b"AAE=,AAI")]) == (("a-bin", b"\0\1"), ("a-bin", b"\0\2"))


@given(st.floats(0.000001, 1e9))
def test_a_timeout_is_never_written_longer_and_hardly_shorter(seconds: float) -> None:
    read = md.parse_timeout(md.format_timeout(seconds))
    assert read <= seconds * 1.0001 or read == 1e-6
    assert read >= seconds * 0.9 - 0.001 or seconds > 99_999_999 * 60


@pytest.mark.parametrize("value", [b"", b"1", b"S", b"123456789S", b"-1S", b"1.5S", b"1s"])
def test_a_malformed_timeout_is_refused(value: bytes) -> None:
    with pytest.raises(RpcError):
        md.parse_timeout(value)


@pytest.mark.parametrize(
    "pair",
    [("Upper", "x"), ("grpc-x", "x"), (":path", "x"), ("a", "é"), ("a", "x\n"), ("te", "x")],
)
def test_what_http2_cannot_carry_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"metadata|ASCII"):
        md.encode([pair])


class Source:
    """A stream that has these chunks and then ends."""

    def __init__(self, data: bytes, cut: int) -> None:
        self.chunks = [data[i : i + cut] for i in range(0, len(data), cut)]
        self.credited = self.held = 0

    async def read(self) -> Chunk | None:
        return Chunk(chunk, len(chunk)) if self.chunks and (chunk := self.chunks.pop(0)) else None

    def credit(self, count: int) -> None:
        self.credited += count

    def hold(self, count: int) -> None:
        self.held += count

    def give(self, count: int) -> None:
        self.held -= count


def read_all(
    data: bytes, *, cut: int = 7, limit: int = 1000, encoding: bytes = b"identity"
) -> list[bytes]:
    async def main() -> list[bytes]:
        source = Source(data, cut)
        messages = Messages(source, limit, encoding)  # type: ignore[arg-type]
        out = []
        while (body := await messages.next()) is not None:
            out.append(body)
        assert source.credited == len(data)
        return out

    return asyncio.run(main())


def prefixed(body: bytes, flag: int = 0) -> bytes:
    return bytes([flag]) + len(body).to_bytes(4, "big") + body


@given(st.lists(st.binary(max_size=50), max_size=6), st.integers(1, 60))
def test_messages_are_found_however_the_data_is_cut(bodies: list[bytes], cut: int) -> None:
    assert read_all(b"".join(map(prefixed, bodies)), cut=cut) == bodies


@pytest.mark.parametrize(
    ("data", "encoding", "code"),
    [
        pytest.param(prefixed(b"x" * 2000), b"identity", Code.RESOURCE_EXHAUSTED, id="too-long"),
        pytest.param(prefixed(b"abc")[:-1], b"identity", Code.INTERNAL, id="cut-short"),
        pytest.param(b"\0\0", b"identity", Code.INTERNAL, id="cut-in-prefix"),
        pytest.param(prefixed(b"x", 1), b"identity", Code.INTERNAL, id="flag-without-encoding"),
        pytest.param(prefixed(b"x", 1), b"snappy", Code.UNIMPLEMENTED, id="unknown-encoding"),
        pytest.param(prefixed(b"x", 2), b"gzip", Code.INTERNAL, id="unknown-flag"),
        pytest.param(prefixed(b"x", 1), b"gzip", Code.INTERNAL, id="no-gzip"),
        pytest.param(
            prefixed(gzip.compress(b"x" * 2000), 1), b"gzip", Code.RESOURCE_EXHAUSTED, id="bomb"
        ),
    ],
)
def test_broken_messages_are_refused(data: bytes, encoding: bytes, code: Code) -> None:
    with pytest.raises(RpcError) as caught:
        read_all(data, encoding=encoding)
    assert caught.value.code is code


def test_gzip_is_accepted() -> None:
    assert read_all(prefixed(gzip.compress(b"hello"), 1), encoding=b"gzip") == [b"hello"]
    with pytest.raises(RpcError, match="cut short"):
        gunzip(gzip.compress(b"hello")[:-4], 100)
