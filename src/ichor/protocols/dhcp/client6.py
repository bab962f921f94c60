"""A client's side of DHCPv6: when to send what, and what a reply means (RFC 8415, 18.2).

| state | sends | on REPLY or ADVERTISE | at the end of its time |
|---|---|---|---|
| SOLICITING | SOLICIT | ADVERTISE: REQUESTING, or ASKING where there are no addresses | - |
| REQUESTING | REQUEST, 10 times | BOUND | SOLICITING |
| BOUND | nothing | - | RENEWING at T1 |
| RENEWING | RENEW to all | BOUND | REBINDING at T2 |
| REBINDING | REBIND | BOUND | SOLICITING, lease lost |
| ASKING | INFORMATION-REQUEST | TOLD | - |
| TOLD | nothing | - | SOLICITING: there may be addresses now |

A server that cannot help leaves a lease as it is, one that does not know it is asked for it anew,
and only one that takes the addresses back ends it. An address that is not spoken of any more is
asked for as long as its own valid lifetime lasts, and goes alone then (18.2.10.1). Who offers and
then refuses is asked again at once, then after ever longer pauses.

The first server that offers addresses is taken. Pauses double up to a limit, each longer or shorter
by up to a tenth (15). Time is seconds of any clock that does not jump.
"""

import enum
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ichor.protocols.dhcp import packet6
from ichor.protocols.dhcp.packet6 import Address, Association, Packet

FOREVER: Final = 0xFFFFFFFF
_WANTED: Final = (packet6.DNS, packet6.DOMAINS, packet6.SNTP, packet6.REFRESH, packet6.NTP)
_TRIES: Final = 10
_REFRESH, _SOONEST_REFRESH = 86400, 600
_SOONEST: Final = 10  # seconds from a lease to its renewal, whatever the server says
_MOST: Final = 16  # addresses: a server may say others each time, and for ever
_LONGEST: Final = 3600.0  # between two refusals


class State(enum.Enum):
    SOLICITING = "soliciting"
    REQUESTING = "requesting"
    BOUND = "bound"
    RENEWING = "renewing"
    REBINDING = "rebinding"
    ASKING = "asking"
    TOLD = "told"


class _Pace(NamedTuple):
    """kind: what is sent. first, longest: the pauses, in seconds (7.6)."""

    kind: int
    first: float
    longest: float


_PACES: Final = {
    State.SOLICITING: _Pace(packet6.SOLICIT, 1, 3600),
    State.REQUESTING: _Pace(packet6.REQUEST, 1, 30),
    State.RENEWING: _Pace(packet6.RENEW, 10, 600),
    State.REBINDING: _Pace(packet6.REBIND, 10, 600),
    State.ASKING: _Pace(packet6.INFORMATION, 1, 3600),
}


class Lease(NamedTuple):
    """addresses: empty where the server only tells. server: its identifier."""

    server: bytes
    addresses: tuple[str, ...] = ()
    name_servers: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    time_servers: tuple[str, ...] = ()


class Client:
    """duid: who asks. id: which of its associations, of this link. random: from 0 to below 1."""

    def __init__(self, duid: bytes, id: int, now: float, random: Callable[[], float]) -> None:
        self._duid = duid
        self._id = id
        self._random = random
        self._held = Association(id)
        self._ends: dict[str, float] = {}  # of addresses that we have
        self._server = b""
        self._bound = self._renewal = now
        self._refusals = 0
        self.lease: Lease | None = None
        self.next_time = now
        self._enter(State.SOLICITING, now)

    def tick(self, now: float) -> Sequence[bytes]:
        """Give what is to be sent to all servers, once `next_time` has come."""
        if now < self.next_time:
            return ()
        self._lapse(now)
        if self.state is State.BOUND and now < self._renewal:
            self.next_time = self._not_later_than_an_end(self._renewal)
            return ()
        self._move_on(now)
        pace = _PACES.get(self.state)
        if pace is None:
            return ()
        self._pause = self._longer(pace)
        end = self._end()
        again = min(now + self._pause, max(now, end)) if end else now + self._pause
        self.next_time = self._not_later_than_an_end(again)
        self._tries += 1
        return (packet6.build(self._message(pace.kind, now)),)

    def receive(self, data: bytes, now: float) -> Sequence[bytes]:
        """Take a datagram and give what to send. Raises FormatError."""
        reply = packet6.parse(data)
        is_ours = reply.transaction == self._transaction and (
            reply.option(packet6.CLIENT_ID) == self._duid
        )
        if not is_ours or not reply.option(packet6.SERVER_ID):
            return ()
        if reply.kind == packet6.ADVERTISE and self.state is State.SOLICITING:
            self._choose(reply, now)
        elif reply.kind == packet6.REPLY and self.state is State.ASKING:
            self._told(reply, now)
        elif reply.kind == packet6.REPLY and self.state in _PACES:
            self._take(reply, now)
        return self.tick(now)

    def _choose(self, reply: Packet, now: float) -> None:
        offered = self._own(reply)
        if offered is None or not offered.addresses:
            if packet6.NO_ADDRESSES in (packet6.status_of(reply.options), _status(offered)):
                self._enter(State.ASKING, now)
            return
        self._held = offered
        self._server = reply.option(packet6.SERVER_ID) or b""
        self._enter(State.REQUESTING, now)

    def _take(self, reply: Packet, now: float) -> None:
        given = self._own(reply)
        status = packet6.status_of(reply.options) or _status(given)
        alive = tuple(one for one in given.addresses if one.valid)[:_MOST] if given else ()
        if not alive:
            self._refuse(given, status, now)
            return
        self._refusals = 0
        self._server = reply.option(packet6.SERVER_ID) or b""
        self._held = timed(Association(self._id, *(given or self._held)[1:3], alive))
        self._ends |= {one.address: _later(now, one.valid) for one in alive}
        self._take_back(given)
        self._shed([one.address for one in alive])
        self.lease = lease_of(reply, tuple(self._ends))
        self._bound = now
        self._enter(State.BOUND, now)
        self._renewal = _later(now, self._held.renew)
        self.next_time = self._not_later_than_an_end(self._renewal)

    def _take_back(self, given: Association | None) -> bool:
        """Let go of what a server says is over; give whether something is left."""
        for one in given.addresses if given is not None else ():
            if not one.valid:
                self._ends.pop(one.address, None)
        return bool(self._ends)

    def _shed(self, said: Sequence[str]) -> None:
        """Keep what was said now and, of the others, what lasts longest."""
        others = sorted(self._ends.keys() - {*said}, key=lambda one: self._ends[one])
        for address in others[: max(len(self._ends) - _MOST, 0)]:
            del self._ends[address]

    def _lapse(self, now: float) -> None:
        """Let go of each address whose lifetime is over."""
        if not any(end <= now for end in self._ends.values()):
            return
        self._ends = {address: end for address, end in self._ends.items() if end > now}
        self._shrink(now)

    def _shrink(self, now: float) -> None:
        if not self._ends:
            self._lose(now)
        elif self.lease is not None:
            self.lease = self.lease._replace(addresses=tuple(self._ends))

    def _not_later_than_an_end(self, time: float) -> float:
        return min((time, *self._ends.values()))

    def _refuse(self, given: Association | None, status: int, now: float) -> None:
        is_new = self.state is State.REQUESTING
        if status == packet6.NO_BINDING and not is_new:
            self._enter(State.REQUESTING, now)
        elif given is not None and given.addresses and self._take_back(given):
            self._shrink(now)
        elif (given is not None and given.addresses) or (is_new and (status or given is not None)):
            self._lose(now)
            self.next_time = now + (min(2.0 ** min(self._refusals, 12), _LONGEST) - 1)
            self._refusals += 1

    def _told(self, reply: Packet, now: float) -> None:
        refresh = packet6.number(reply, packet6.REFRESH)
        self.lease = lease_of(reply, ())
        self._enter(State.TOLD, now)
        self.next_time = now + max(_REFRESH if refresh is None else refresh, _SOONEST_REFRESH)

    def _own(self, reply: Packet) -> Association | None:
        found = (one for one in packet6.associations(reply) if one.id == self._id)
        return next(found, None)

    def _enter(self, state: State, now: float) -> None:
        self.state = state
        self._transaction = int(self._random() * (1 << 24))
        self._since, self._pause, self._tries = now, 0.0, 0
        self.next_time = now

    def _lose(self, now: float) -> None:
        self.lease, self._held, self._ends = None, Association(self._id), {}
        self._enter(State.SOLICITING, now)

    def _move_on(self, now: float) -> None:
        """Leave a state whose time is over."""
        if self.state is State.REQUESTING and self._tries >= _TRIES:
            self._lose(now)
        if self.state is State.BOUND:
            self._enter(State.RENEWING, now)
        if self.state is State.RENEWING and now >= _later(self._bound, self._held.rebind):
            self._enter(State.REBINDING, now)
        if self.state is State.TOLD:
            self._enter(State.SOLICITING, now)

    def _end(self) -> float:
        """Give when this state is over; 0 for never."""
        if self.state is State.RENEWING:
            return _later(self._bound, self._held.rebind)
        if self.state is State.REBINDING:
            return max(self._ends.values(), default=0.0)
        return 0.0

    def _longer(self, pace: _Pace) -> float:
        shift = (self._random() - 0.5) / 5
        if not self._pause:
            return pace.first * (1 + abs(shift) if self.state is State.SOLICITING else 1 + shift)
        doubled = self._pause * (2 + shift)
        return doubled if doubled <= pace.longest else pace.longest * (1 + shift)

    def _message(self, kind: int, now: float) -> Packet:
        elapsed = min(int((now - self._since) * 100), 0xFFFF)
        options = [
            (packet6.CLIENT_ID, self._duid),
            (packet6.ELAPSED, elapsed.to_bytes(2, "big")),
            (packet6.WANTED, b"".join(code.to_bytes(2, "big") for code in _WANTED)),
        ]
        if kind in (packet6.REQUEST, packet6.RENEW):
            options.append((packet6.SERVER_ID, self._server))
        if kind != packet6.INFORMATION:
            named = dict.fromkeys((*self._ends, *(one.address for one in self._held.addresses)))
            wanted = tuple(Address(address, 0, 0) for address in named)
            association = Association(self._id, addresses=wanted)
            options.append((packet6.IA, packet6.pack_association(association)))
        return Packet(kind, self._transaction, tuple(options))


def _status(association: Association | None) -> int:
    return association.status if association is not None else 0


def _later(now: float, seconds: int) -> float:
    return float("inf") if seconds == FOREVER else now + seconds


def lifetime(held: Association) -> int:
    return max((one.valid for one in held.addresses), default=0)


def timed(held: Association) -> Association:
    """Choose T1 and T2 where the server leaves that to us (21.4), and not all at once."""
    times = [one.preferred or one.valid for one in held.addresses]
    basis = min(times, default=0)
    renew = held.renew or (FOREVER if basis == FOREVER else basis // 2)
    rebind = held.rebind or (FOREVER if basis == FOREVER else basis * 4 // 5)
    renew = min(max(min(renew, rebind), _SOONEST), lifetime(held))
    return held._replace(renew=renew, rebind=max(renew, rebind))


def lease_of(reply: Packet, addresses: tuple[str, ...]) -> Lease:
    return Lease(
        server=reply.option(packet6.SERVER_ID) or b"",
        addresses=addresses,
        name_servers=packet6.addresses(reply, packet6.DNS),
        domains=packet6.names(reply.option(packet6.DOMAINS) or b""),
        time_servers=packet6.time_servers(reply),
    )
