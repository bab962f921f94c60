"""Kinds of software links: values of the port <-> what rtnetlink and WireGuard's family take."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec.structs import asdict

from ichor.linux.netlink import NETLINK_GENERIC, Socket
from ichor.ports.network import (
    Bond,
    Bridge,
    Dummy,
    Kind,
    Veth,
    Vlan,
    Vrf,
    Vxlan,
    Wireguard,
    WireguardPeer,
)
from ichor.protocols.netlink import bond, generic, link, link_kind, wireguard

Names = Mapping[int, str]


class Written(NamedTuple):
    """lower: the index of the link it stands on, 0 for none."""

    name: str
    settings: link_kind.Settings | None = None
    lower: int = 0


def write(kind: Kind, group: int, index: Callable[[str], int]) -> Written:
    """Give what a request for such a link says. Raises OSError where a link it names is not."""
    name = type(kind).__name__.lower()
    match kind:
        case Bond(primary=primary):
            rest = {**asdict(kind), "primary": index(primary) if primary else 0}
            return Written(name, bond.Bond(**rest))
        case Bridge(stp=stp, vlan_filtering=filtering):
            return Written(name, link_kind.Bridge(stp, filtering))
        case Vxlan() as vxlan:
            carrier = index(vxlan.link)
            told = link_kind.Vxlan(vxlan.id, vxlan.port, vxlan.local, carrier, vxlan.learning)
            return Written(name, told)
        case Vlan(id=id, link=lower, protocol=protocol):
            return Written(name, link_kind.Vlan(id, protocol), index(lower))
        case Vrf(table=table):
            return Written(name, link_kind.Vrf(table))
        case Veth(peer=peer):
            return Written(name, link_kind.Veth(peer, group=group))
        case Dummy() | Wireguard():
            return Written(name)


def read(seen: link.Link, names: Names) -> Kind | None:
    """Give the kind of a link, None for what is none of ours to make. Raises OSError."""
    match seen.settings:
        case bond.Bond() as told:
            return Bond(**{**told._asdict(), "primary": names.get(told.primary, "")})
        case link_kind.Bridge(stp=stp, vlan_filtering=filtering):
            return Bridge(stp=stp, vlan_filtering=filtering)
        case link_kind.Vlan(id=id, protocol=protocol):
            return Vlan(id=id, link=names.get(seen.link, ""), protocol=protocol)
        case link_kind.Vrf(table=table):
            return Vrf(table=table)
        case link_kind.Vxlan() as vxlan:
            return Vxlan(
                id=vxlan.id,
                port=vxlan.port,
                local=vxlan.local,
                link=names.get(vxlan.link, ""),
                learning=vxlan.learning,
            )
        case _:
            return _plain(seen, names)


def _plain(seen: link.Link, names: Names) -> Kind | None:
    match seen.kind:
        case "dummy":
            return Dummy()
        case "veth":
            # The index counts in the peer's namespace; one elsewhere may bear a number of ours.
            return Veth(peer=names.get(seen.link, "") if not seen.peer_elsewhere else "")
        case "wireguard":
            return read_wireguard(seen.name)
        case _:
            return None


def read_wireguard(name: str) -> Wireguard:
    """Ask for a device's keys and peers; empty if it is gone meanwhile. Raises OSError."""
    sock = Socket(NETLINK_GENERIC)
    try:
        family = _family(sock)
        answers = sock.dump(family, wireguard.get(name))
        device = wireguard.parse(each.payload for each in answers)
    except (ProcessLookupError, FileNotFoundError):
        return Wireguard()
    finally:
        sock.close()
    return Wireguard(
        public_key=wireguard.key_text(device.public),
        listen_port=device.port,
        mark=device.mark,
        peers=tuple(
            WireguardPeer(
                public_key=wireguard.key_text(peer.key),
                endpoint=peer.endpoint,
                keepalive_s=peer.keepalive,
                allowed=tuple(sorted(peer.allowed)),
            )
            for peer in device.peers
        ),
    )


def set_wireguard(name: str, wanted: Wireguard) -> None:
    """Give a device its keys and peers, in place of those it had. Raises OSError, FormatError."""
    peers = tuple(
        wireguard.Peer(
            key=wireguard.key_of(peer.public_key),
            preshared=wireguard.key_of(peer.preshared_key) if peer.preshared_key else b"",
            endpoint=peer.endpoint,
            keepalive=peer.keepalive_s,
            allowed=peer.allowed,
        )
        for peer in wanted.peers
    )
    private = wireguard.key_of(wanted.private_key) if wanted.private_key else b""
    device = wireguard.Device(
        name, private=private, port=wanted.listen_port, mark=wanted.mark, peers=peers
    )
    sock = Socket(NETLINK_GENERIC)
    try:
        sock.request(_family(sock), wireguard.set_(device))
    finally:
        sock.close()


def _family(sock: Socket) -> int:
    asked = generic.family_request(wireguard.FAMILY)
    (answer,) = sock.ask(generic.CONTROL, asked)
    return generic.family(answer.payload).id
