"""A client's side of DHCPv4: when to send what, and what a reply means (RFC 2131, 4.4).

| state | sends | to | on ACK | on NAK | at the end of its time |
|---|---|---|---|---|---|
| SELECTING | DISCOVER, 4 s, 8 s ... 64 s apart | all | - | - | - |
| REQUESTING | REQUEST, 4 times | all | BOUND | SELECTING | SELECTING |
| BOUND | nothing | - | - | - | RENEWING at T1 |
| RENEWING | REQUEST, at half of the rest | the server | BOUND | SELECTING | REBINDING at T2 |
| REBINDING | REQUEST, at half of the rest | all | BOUND | SELECTING | SELECTING, lease lost |

The first offer is taken. Who offers and then refuses is asked again at once, then after ever longer
pauses. Time is seconds of any clock that does not jump; the caller calls `tick`
when `next_time` has come and sends what that gives.
"""

import enum
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ichor.errors import FormatError
from ichor.protocols.dhcp import packet
from ichor.protocols.dhcp.packet import NOWHERE, Packet, Route

FOREVER: Final = 0xFFFFFFFF
_FIRST, _LONGEST, _TRIES = 4.0, 64.0, 4
_SOONEST: Final = 60.0  # between two requests of a renewal
_WANTED: Final = (
    *(packet.MASK, packet.ROUTER, packet.DNS, packet.HOSTNAME, packet.DOMAIN, packet.BROADCAST),
    *(packet.MTU, packet.NTP, packet.RENEWAL, packet.REBINDING, packet.ROUTES),
)
_LARGEST: Final = 1472


class State(enum.Enum):
    SELECTING = "selecting"
    REQUESTING = "requesting"
    BOUND = "bound"
    RENEWING = "renewing"
    REBINDING = "rebinding"


class Lease(NamedTuple):
    """address: with its prefix. seconds, renew, rebind: counted from when it was given."""

    address: str
    server: str
    seconds: int
    renew: int = 0
    rebind: int = 0
    routes: tuple[Route, ...] = ()
    name_servers: tuple[str, ...] = ()
    time_servers: tuple[str, ...] = ()
    hostname: str = ""
    domain: str = ""
    mtu: int = 0


class Send(NamedTuple):
    """server: empty to send it to all."""

    data: bytes
    server: str = ""


class _Times(NamedTuple):
    renew: float
    rebind: float
    end: float


class Client:
    """random: a number from 0 to 1, excluded. identifier: option 61, made of the MAC if None."""

    def __init__(
        self,
        mac: bytes,
        now: float,
        random: Callable[[], float],
        identifier: bytes | None = None,
    ) -> None:
        self._mac = mac
        self._identifier = b"\x01" + mac if identifier is None else identifier
        self._random = random
        self._times = _Times(0, 0, 0)
        self._refusals = 0
        self.lease: Lease | None = None
        self._begin(now)

    def _begin(self, now: float) -> None:
        self.state = State.SELECTING
        self.lease = None
        self._offered: Lease | None = None
        self._transaction = int(self._random() * (1 << 32))
        self._since, self._tries = now, 0
        self.next_time = now

    def tick(self, now: float) -> Sequence[Send]:
        """Give what is due."""
        if now < self.next_time:
            return ()
        self._move_on(now)
        match self.state:
            case State.SELECTING:
                return (self._again(now, self._discover(now)),)
            case State.REQUESTING:
                return (self._again(now, self._request(now)),)
            case State.RENEWING:
                return (self._halfway(now, self._times.rebind),)
            case State.REBINDING:
                return (self._halfway(now, self._times.end),)
            case State.BOUND:
                return ()

    def receive(self, data: bytes, now: float) -> Sequence[Send]:
        """Take what came; what is broken or for others is passed over."""
        try:
            reply = packet.parse(data)
            if not reply.reply or (reply.transaction, reply.mac) != (self._transaction, self._mac):
                return ()
            return self._answer(reply, now)
        except FormatError:
            return ()

    def _answer(self, reply: Packet, now: float) -> Sequence[Send]:
        if reply.kind == packet.OFFER and self.state is State.SELECTING:
            self._offered = lease_of(reply)
            self.state, self._tries, self.next_time = State.REQUESTING, 0, now
            return self.tick(now)
        waiting = self.state in {State.REQUESTING, State.RENEWING, State.REBINDING}
        if reply.kind == packet.ACK and waiting:
            self._bind(lease_of(reply), now)
        elif reply.kind == packet.NAK and waiting:
            self._begin(now)
            self.next_time = now + min(2.0 ** min(self._refusals, 8), _LONGEST) - 1
            self._refusals += 1
            return self.tick(now)
        return ()

    def _bind(self, lease: Lease, now: float) -> None:
        self.state, self.lease, self._refusals = State.BOUND, lease, 0
        if lease.seconds == FOREVER:
            self.next_time = float("inf")
            return
        self._times = _Times(now + lease.renew, now + lease.rebind, now + lease.seconds)
        self.next_time = self._times.renew

    def _move_on(self, now: float) -> None:
        """Leave a state whose time is over."""
        if self.state is State.REQUESTING and self._tries >= _TRIES:
            self._begin(now)
        if self.state is State.BOUND:
            self.state = State.RENEWING
            self._transaction = int(self._random() * (1 << 32))
            self._since = now
        if self.state is State.RENEWING and now >= self._times.rebind:
            self.state = State.REBINDING
        if self.state is State.REBINDING and now >= self._times.end:
            self._begin(now)

    def _again(self, now: float, send: Send) -> Send:
        """Send, and set the next time: twice as far each time, a second more or less."""
        pause = min(_FIRST * (1 << min(self._tries, 8)), _LONGEST)
        self._tries += 1
        self.next_time = now + pause + 2 * self._random() - 1
        return send

    def _halfway(self, now: float, end: float) -> Send:
        self.next_time = min(end, now + max((end - now) / 2, _SOONEST))
        return self._request(now)

    def _discover(self, now: float) -> Send:
        return Send(packet.build(self._packet(now, packet.DISCOVER, {})))

    def _request(self, now: float) -> Send:
        held = self.lease
        if held is not None:
            client = held.address.partition("/")[0]
            built = self._packet(now, packet.REQUEST, {}, client)
            return Send(packet.build(built), held.server if self.state is State.RENEWING else "")
        offered = self._offered or Lease(f"{NOWHERE}/0", NOWHERE, 0)
        options = {
            packet.ADDRESS: packet.pack_addresses(offered.address.partition("/")[0]),
            packet.SERVER: packet.pack_addresses(offered.server),
        }
        return Send(packet.build(self._packet(now, packet.REQUEST, options)))

    def _packet(
        self, now: float, kind: int, options: dict[int, bytes], client: str = NOWHERE
    ) -> Packet:
        common = {
            packet.KIND: bytes([kind]),
            packet.WANTED: bytes(sorted(_WANTED)),
            packet.LARGEST: _LARGEST.to_bytes(2, "big"),
        }
        if self._identifier:
            common[packet.CLIENT_ID] = self._identifier
        seconds = int(now - self._since)
        # An address that is held can be reached; before that only a broadcast gets through.
        is_held = client != NOWHERE
        return Packet(
            reply=False,
            transaction=self._transaction,
            mac=self._mac,
            options=common | options,
            seconds=seconds,
            client=client,
            broadcast=not is_held,
        )


def lease_of(reply: Packet) -> Lease:
    """Read what a reply offers. Raises FormatError if it lacks a server or a time."""
    server = packet.addresses(reply, packet.SERVER)
    seconds = packet.seconds(reply, packet.LEASE)
    if not server or not seconds or reply.yours == NOWHERE:
        raise FormatError("an address, a server and a time")
    renew = packet.seconds(reply, packet.RENEWAL) or seconds // 2
    rebind = packet.seconds(reply, packet.REBINDING) or seconds * 7 // 8
    if not renew < rebind < seconds:
        renew, rebind = seconds // 2, seconds * 7 // 8
    return Lease(
        address=packet.interface(reply),
        server=server[0],
        seconds=seconds,
        renew=renew,
        rebind=rebind,
        routes=packet.routes(reply),
        name_servers=packet.addresses(reply, packet.DNS),
        time_servers=packet.addresses(reply, packet.NTP),
        hostname=packet.text(reply, packet.HOSTNAME),
        domain=packet.text(reply, packet.DOMAIN),
        mtu=packet.mtu(reply),
    )
