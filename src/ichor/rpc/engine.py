"""The HTTP/2 engine: bytes in, events out; frames in, bytes out. No I/O, no clock of its own.

The only module that knows `h2`; another engine with the methods of `Engine` can take its place (one
of our own is planned, with this one as its oracle). What h2 does not do is done here:

- a GOAWAY lets running streams end, in both directions (h2 stops the connection at once);
- a stream above the limit is refused, not the whole connection;
- floods: resets, pings, settings, empty frames and priorities are rationed by a token bucket
  (CVE-2023-44487 and its kin); CONTINUATION and header size are bounded by h2 and hpack.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    PingAckReceived,
    PingReceived,
    PriorityUpdated,
    RemoteSettingsChanged,
    RequestReceived,
    ResponseReceived,
    StreamReset,
    TrailersReceived,
    UnknownFrameReceived,
    WindowUpdated,
)
from h2.events import (
    Event as H2Event,
)
from h2.exceptions import H2Error, ProtocolError, StreamClosedError
from h2.settings import SettingCodes, Settings
from hpack.exceptions import HPACKError
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import Frame, GoAwayFrame

from ichor.rpc.metadata import Fields

NO_ERROR: Final = int(ErrorCodes.NO_ERROR)
INTERNAL: Final = int(ErrorCodes.INTERNAL_ERROR)
REFUSED: Final = int(ErrorCodes.REFUSED_STREAM)
CANCEL: Final = int(ErrorCodes.CANCEL)
CALM: Final = int(ErrorCodes.ENHANCE_YOUR_CALM)
UNLIMITED: Final = 2**31 - 1  # the largest window there is, RFC 9113 section 6.9.1
SECURITY: Final = int(ErrorCodes.INADEQUATE_SECURITY)


@dataclass(frozen=True, slots=True)
class Headers:
    stream: int
    fields: Fields
    end: bool


@dataclass(frozen=True, slots=True)
class Data:
    """credit: what to give back by `Engine.credit` once consumed; padding counts."""

    stream: int
    data: bytes
    credit: int
    end: bool


@dataclass(frozen=True, slots=True)
class Reset:
    stream: int
    code: int


@dataclass(frozen=True, slots=True)
class Away:
    """The peer starts no stream above `last` and asks for no new ones."""

    last: int
    code: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Window:
    """There may be room to send on this stream; on all, if 0."""

    stream: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The peer's settings arrived."""


@dataclass(frozen=True, slots=True)
class Pong:
    data: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """The peer broke the protocol: send what `take` gives, then close."""

    code: int
    reason: str


Event: TypeAlias = Headers | Data | Reset | Away | Window | Settled | Pong | Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one connection; windows are the most that waits unread, per stream and in sum."""

    streams: int = 256
    stream_window: int = 256 << 10
    connection_window: int = 4 << 20
    frame: int = 64 << 10
    headers: int = 32 << 10
    burst: int = 1000
    per_second: float = 200.0


@dataclass(slots=True)
class Bucket:
    """Lets `burst` through at once and `rate` per second in the long run."""

    burst: float
    rate: float
    level: float = 0.0
    last: float = 0.0

    def spend(self, now: float) -> bool:
        self.level = max(0.0, self.level - (now - self.last) * self.rate) + 1
        self.last = now
        return self.level <= self.burst


class _Connection(H2Connection):
    # A node's connection lives for months; 64 Ki remembered streams would be some MB of it.
    MAX_CLOSED_STREAMS = 512

    def allow_drain(self) -> None:
        """Let a received GOAWAY be an event only: running streams end in peace."""
        self._frame_dispatch_table[GoAwayFrame] = _note_goaway

    def backlog(self) -> int:
        return len(self._data_to_send)

    def send_goaway(self, last: int, code: int) -> None:
        self._prepare_for_sending([GoAwayFrame(0, last_stream_id=last, error_code=code)])


def _note_goaway(frame: GoAwayFrame) -> tuple[list[Frame], list[H2Event]]:
    event = ConnectionTerminated()
    event.error_code = ErrorCodes(frame.error_code) if frame.error_code in _CODES else None
    event.last_stream_id = frame.last_stream_id
    event.additional_data = frame.additional_data
    return [], [event]


_CODES: Final = frozenset(int(code) for code in ErrorCodes)
_RATIONED: Final = (PingReceived, RemoteSettingsChanged, PriorityUpdated, UnknownFrameReceived)


@dataclass(slots=True)
class Engine:
    client: bool
    limits: Limits = field(default_factory=Limits)
    _h2: _Connection = field(init=False)
    _bucket: Bucket = field(init=False)
    _inbound: set[int] = field(init=False, default_factory=set)
    _last_peer_stream: int = field(init=False, default=0)
    _dead: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        config = H2Configuration(
            client_side=self.client,
            header_encoding=None,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        limits = self.limits
        self._bucket = Bucket(limits.burst, limits.per_second)
        self._h2 = conn = _Connection(config)
        conn.allow_drain()
        conn.local_settings = self._settings(limits.streams)
        conn.max_inbound_frame_size = limits.frame
        conn.decoder.max_header_list_size = limits.headers
        conn.initiate_connection()
        # h2 would end the whole connection at the limit; above it we refuse single streams.
        conn.local_settings = self._settings(2**31 - 1)
        conn.increment_flow_control_window(limits.connection_window - 65535)

    def _settings(self, streams: int) -> Settings:
        limits = self.limits
        values = {
            SettingCodes.MAX_CONCURRENT_STREAMS: streams,
            SettingCodes.INITIAL_WINDOW_SIZE: limits.stream_window,
            SettingCodes.MAX_FRAME_SIZE: limits.frame,
            SettingCodes.MAX_HEADER_LIST_SIZE: limits.headers,
            SettingCodes.ENABLE_PUSH: 0,
        }
        if not self.client:
            del values[SettingCodes.ENABLE_PUSH]
        return Settings(client=self.client, initial_values=values)

    # -- in ------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take bytes from the peer. A fault is the last event: nothing is read after it."""
        if self._dead:
            return []
        try:
            return [
                event for raw in self._h2.receive_data(data) for event in self._translate(raw, now)
            ]
        except ProtocolError as error:
            return self._die(int(error.error_code), str(error), told=True)
        except _Flood:
            return self._die(CALM, "too many control frames", told=False)
        except (H2Error, HyperframeError, HPACKError, ValueError) as error:
            return self._die(int(ErrorCodes.PROTOCOL_ERROR), str(error), told=False)

    def _die(self, code: int, reason: str, *, told: bool) -> list[Event]:
        self._dead = True
        if not told:
            self._h2.send_goaway(self._last_peer_stream, code)
        return [Fault(code, reason)]

    def _translate(self, raw: H2Event, now: float) -> Iterator[Event]:
        match raw:
            case DataReceived():
                yield from self._on_data(raw, now)
            case RequestReceived():
                yield from self._on_request(raw, now)
            case ResponseReceived() | TrailersReceived():
                yield _headers(raw)
            case WindowUpdated():
                yield Window(raw.stream_id or 0)
            case StreamReset():
                self._ration(now)
                self._inbound.discard(raw.stream_id)
                yield Reset(raw.stream_id, int(raw.error_code or 0))
            case ConnectionTerminated():
                yield Away(
                    raw.last_stream_id or 0, int(raw.error_code or 0), raw.additional_data or b""
                )
            case PingAckReceived():
                yield Pong(raw.ping_data or b"")
            case _:
                yield from self._on_other(raw, now)

    def _on_other(self, raw: H2Event, now: float) -> Iterator[Event]:
        if isinstance(raw, _RATIONED):
            self._ration(now)
        if isinstance(raw, RemoteSettingsChanged):
            yield Settled()
            yield Window(0)

    def _ration(self, now: float) -> None:
        if not self._bucket.spend(now):
            raise _Flood

    def _on_request(self, raw: RequestReceived, now: float) -> Iterator[Event]:
        stream = raw.stream_id or 0
        self._last_peer_stream = stream
        if len(self._inbound) >= self.limits.streams:
            self._ration(now)
            self.reset(stream, REFUSED)
            return
        self._inbound.add(stream)
        yield _headers(raw)

    def _on_data(self, raw: DataReceived, now: float) -> Iterator[Event]:
        data, end = raw.data or b"", raw.stream_ended is not None
        if not data and not end:
            self._ration(now)
        yield Data(raw.stream_id or 0, bytes(data), raw.flow_controlled_length or 0, end)

    # -- out -----------------------------------------------------------------------------------

    def take(self) -> bytes:
        """Give the bytes to be sent."""
        return self._h2.data_to_send()

    def pending(self) -> int:
        """How many bytes `take` would give."""
        return self._h2.backlog()

    def open(self, fields: Fields, *, end: bool) -> int:
        """Start a stream (client). Raises LookupError when the identifiers are used up."""
        try:
            stream = self._h2.get_next_available_stream_id()
        except ProtocolError as error:
            raise LookupError(str(error)) from error
        self._h2.send_headers(stream, fields, end_stream=end)
        return stream

    # h2 reads a whole chunk before we see its events: a stream may be gone in its eyes while ours
    # still answers. Such an answer is dropped; the event that says so is on its way.

    def send_headers(self, stream: int, fields: Fields, *, end: bool) -> None:
        if not self._dead and stream in self._h2.streams:  # h2 would open a forgotten one anew
            with suppress(StreamClosedError):
                self._h2.send_headers(stream, fields, end_stream=end)

    def send_data(self, stream: int, data: bytes, *, end: bool) -> None:
        """Send at most `room` bytes, in one frame."""
        if not self._dead:
            with suppress(StreamClosedError):
                self._h2.send_data(stream, data, end_stream=end)

    def room(self, stream: int) -> int:
        """How many bytes of one DATA frame the peer's windows and frame size allow now."""
        frame = self._h2.max_outbound_frame_size
        with suppress(StreamClosedError):
            return min(self._h2.local_flow_control_window(stream), frame)
        return frame

    def may_open(self) -> bool:
        """The peer's limit leaves room for one more stream of ours."""
        return self._h2.open_outbound_streams < self._h2.remote_settings.max_concurrent_streams

    def credit(self, stream: int, count: int) -> None:
        """Give back window; also for a stream that has ended (then to the connection only)."""
        if count and not self._dead:
            self._h2.acknowledge_received_data(count, stream)

    def reset(self, stream: int, code: int) -> None:
        if not self._dead:
            with suppress(StreamClosedError):
                self._h2.reset_stream(stream, code)
            self._inbound.discard(stream)

    def forget(self, stream: int) -> None:
        """Both directions of an inbound stream ended: it no longer counts."""
        self._inbound.discard(stream)

    def go_away(self, code: int) -> None:
        """Ask for no new streams; those running go on."""
        if not self._dead:
            self._h2.send_goaway(self._last_peer_stream, code)

    def ping(self, data: bytes) -> None:
        if not self._dead:
            self._h2.ping(data)


class _Flood(Exception):  # noqa: N818 - control flow inside this module
    """More control frames than the bucket lets through."""


def _headers(raw: RequestReceived | ResponseReceived | TrailersReceived) -> Headers:
    fields = [(bytes(name), bytes(value)) for name, value in raw.headers or ()]
    return Headers(raw.stream_id or 0, fields, raw.stream_ended is not None)
