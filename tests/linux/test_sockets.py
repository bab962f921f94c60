"""Sockets as the kernel tells them, of our own namespace and of one that has a name."""

import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ichor.linux.sockets import HOST, Found, Wanted, sockets

# Listens in a network namespace of its own, and names that by a bind mount.
LISTENER = """
import os, socket, sys
with socket.create_server(("0.0.0.0", 0)) as server:
    print(server.getsockname()[1], flush=True)
    sys.stdin.read()
"""


def with_port(port: int, wanted: Wanted, names: Path) -> list[Found]:
    found = sockets(wanted, names=names)
    return [one for one in found if one.socket.local.port == port]


def test_a_socket_of_ours_is_found_with_who_holds_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (one,) = with_port(port, Wanted(("tcp", "tcp6"), programs=True), tmp_path)
        assert (one.protocol, one.namespace, one.socket.local.host) == ("tcp", HOST, "127.0.0.1")
        assert one.holder is not None
        assert Path(f"/proc/{one.holder.pid}/comm").read_text().strip() == one.holder.name
        (unasked,) = with_port(port, Wanted(("tcp",)), tmp_path)
        assert unasked.holder is None
        assert with_port(port, Wanted(("udp",)), tmp_path) == []


@contextmanager
def elsewhere(names: Path) -> Generator[int]:
    """Give a port that is listened on in the namespace `cni-1`."""
    name = names / "cni-1"
    name.touch()
    argv = ["unshare", "--net", sys.executable, "-c", LISTENER]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        subprocess.run(["mount", "--bind", f"/proc/{child.pid}/ns/net", str(name)], check=True)
        try:
            yield port
        finally:
            subprocess.run(["umount", str(name)], check=True)
            child.communicate()


@pytest.mark.root
def test_those_of_a_named_namespace_are_told_by_its_name_when_asked_for(tmp_path: Path) -> None:
    with elsewhere(tmp_path) as port:
        assert with_port(port, Wanted(("tcp",)), tmp_path) == []
        for names in (None, {"cni-1"}):
            (one,) = with_port(port, Wanted(("tcp",), names), tmp_path)
            assert one.namespace == "cni-1"
        with socket.create_server(("127.0.0.1", 0)) as server:
            own = server.getsockname()[1]
            assert with_port(own, Wanted(("tcp",), {"cni-1"}), tmp_path) == []
            assert len(with_port(own, Wanted(("tcp",), None), tmp_path)) == 1


def test_a_protocol_that_the_kernel_does_not_have_has_no_sockets(tmp_path: Path) -> None:
    assert list(sockets(Wanted(("sctp",)), names=tmp_path)) == []
