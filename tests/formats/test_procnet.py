"""Sockets as the kernel lists them."""

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ichor.errors import FormatError
from ichor.formats.procnet import End, parse

TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:84AD 00000000:0000 0A 00000000:00000002 00:00000000 00000000   500        0 4242 1 \
0000000000000000 100 0 0 10 0
   1: 0200070A:C350 0107070A:D431 01 0000000A:00000000 02:000003E8 00000003     0        0 77 2 \
ffff888003b10000 20 4 30 10 -1
"""
TCP6 = """\
  sl  local_address                         remote_address                        st tx rx
   0: 00000000000000000000000001000000:C350 0000000000000000FFFF00000200070A:8235 01 \
00000000:00000000 00:00000000 00000000     0        0 12 1 0000000000000000 20 4 30 10 -1
"""


def test_a_listener_and_a_connection() -> None:
    listener, connection = parse(TCP)
    assert (listener.local, listener.state) == (End("127.0.0.1", 33965), 10)
    assert (listener.uid, listener.inode, listener.rx_queue) == (500, 4242, 2)
    assert connection.local == End("10.7.0.2", 50000)
    assert connection.remote == End("10.7.7.1", 54321)
    assert (connection.tx_queue, connection.timer, connection.timer_when) == (10, 2, 1000)
    assert (connection.retransmits, connection.references) == (3, 2)
    assert connection.pointer == 0xFFFF888003B10000


def test_addresses_of_version_6() -> None:
    (found,) = parse(TCP6)
    assert found.local == End("::1", 50000)
    assert found.remote == End("::ffff:10.7.0.2", 33333) or found.remote.host == "::ffff:a07:2"


def test_our_own_listener_is_found_where_the_kernel_lists_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        rows = parse(Path("/proc/net/tcp").read_text())
        (found,) = [row for row in rows if row.local == End(*listener.getsockname())]
    assert found.state == 10
    assert found.inode > 0


@pytest.mark.parametrize("row", ["", "0: x", "0: 0100007F:0016 00000000:0000 0A"])
def test_what_is_no_socket_is_refused_by_its_line(row: str) -> None:
    with pytest.raises(FormatError, match="offset 1"):
        parse(f"  sl\n{row}\n")


@given(st.text())
def test_garbage_is_a_format_error_at_worst(text: str) -> None:
    try:
        parse(text)
    except FormatError:
        return
