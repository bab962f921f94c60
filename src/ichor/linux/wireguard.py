"""WireGuard's keys and peers: values of the port <-> its family of generic netlink."""

from ichor.linux.netlink import NETLINK_GENERIC, Socket
from ichor.ports.network import Wireguard, WireguardPeer
from ichor.protocols.netlink import generic, wireguard


def read(name: str) -> Wireguard:
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


def write(name: str, wanted: Wireguard) -> None:
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
