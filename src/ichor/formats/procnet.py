"""/proc/net/{tcp,udp,udplite,raw}{,6} -> sockets; proc_pid_net(5), net/ipv4/tcp_ipv4.c.

    sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref ptr

Addresses are hexadecimal words of four bytes in the machine's order, ports in the usual one.
"""

import sys
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from ichor.errors import FormatError


class End(NamedTuple):
    host: str
    port: int


class Socket(NamedTuple):
    """state: of include/net/tcp_states.h, also for other protocols. queues: bytes.

    inode: 0 once no process has it any more.
    """

    local: End
    remote: End
    state: int
    tx_queue: int
    rx_queue: int
    timer: int
    timer_when: int
    retransmits: int
    uid: int
    timeout: int
    inode: int
    references: int
    pointer: int


def parse(text: str) -> tuple[Socket, ...]:
    """Give the sockets in the kernel's order. Raises FormatError (offset: the line)."""
    rows = text.splitlines()[1:]
    return tuple(_socket(row.split(), number) for number, row in enumerate(rows, 1))


def _socket(row: list[str], number: int) -> Socket:
    try:
        tx_queue, rx_queue = (int(part, 16) for part in row[4].split(":"))
        timer, timer_when = (int(part, 16) for part in row[5].split(":"))
        return Socket(
            local=_end(row[1]),
            remote=_end(row[2]),
            state=int(row[3], 16),
            tx_queue=tx_queue,
            rx_queue=rx_queue,
            timer=timer,
            timer_when=timer_when,
            retransmits=int(row[6], 16),
            uid=int(row[7]),
            timeout=int(row[8]),
            inode=int(row[9]),
            references=int(row[10]),
            pointer=int(row[11], 16),
        )
    except (IndexError, ValueError):
        raise FormatError("a socket of twelve fields", offset=number) from None


def _end(text: str) -> End:
    words, _, port = text.partition(":")
    packed = b"".join(
        int(words[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(words), 8)
    )
    address = IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
    return End(str(address), int(port, 16))
