"""Who is at the other end, and where a client dials."""

import socket
import struct
from dataclasses import dataclass
from typing import TypeAlias

from ichor.rpc.tls import Chain, ClientTls


@dataclass(frozen=True, slots=True)
class UnixPeer:
    """As the kernel recorded at connect(2): SO_PEERCRED, socket(7)."""

    pid: int
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class TlsPeer:
    """chain: the peer's certificates as DER, leaf first; empty if it showed none."""

    host: str
    port: int
    chain: Chain = ()


@dataclass(frozen=True, slots=True)
class TcpPeer:
    host: str
    port: int


Peer: TypeAlias = UnixPeer | TlsPeer | TcpPeer


@dataclass(frozen=True, slots=True)
class UnixTarget:
    path: str

    @property
    def authority(self) -> str:
        return "localhost"


@dataclass(frozen=True, slots=True)
class TcpTarget:
    host: str
    port: int
    tls: ClientTls | None = None

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


Target: TypeAlias = UnixTarget | TcpTarget


def unix_peer(sock: socket.socket) -> UnixPeer:
    return UnixPeer(
        *struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    )
