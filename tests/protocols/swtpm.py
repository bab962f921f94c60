"""A TPM for tests: swtpm(8) over a socketpair, with what the kernel's resource manager does."""

import socket
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from ichor.linux.tpm import Transmit

_TRANSIENT, _SESSIONS = 0x80000000, 0x02000000


class Swtpm:
    """One that was started up. Its seeds are in the directory: another one is another TPM."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    def transmit(self, command: bytes) -> bytes:
        self._link.sendall(command)
        response = self._link.recv(4096)
        while len(response) < int.from_bytes(response[2:6], "big"):
            response += self._link.recv(4096)
        return response

    @contextmanager
    def connect(self) -> Generator[Transmit]:
        """Give what talks to it; what it leaves in the TPM goes in the end."""
        try:
            yield self.transmit
        finally:
            for handle in [*self._handles(_TRANSIENT), *self._handles(_SESSIONS)]:
                self.transmit(bytes.fromhex("80010000000e00000165") + handle)

    def _handles(self, first: int) -> Iterator[bytes]:
        asked = bytes.fromhex("8001000000160000017a00000001") + first.to_bytes(4, "big")
        found = self.transmit(asked + (64).to_bytes(4, "big"))[19:]
        for at in range(0, len(found), 4):
            yield found[at : at + 4]

    def reset_pcr(self, pcr: int) -> None:
        """TPM2_PCR_Reset: of 16, which is for debugging."""
        body = pcr.to_bytes(4, "big") + bytes.fromhex("00000009400000090000010000")
        assert self.transmit(bytes.fromhex("80020000001b0000013d") + body)[6:10] == bytes(4)


@contextmanager
def started(state: Path) -> Iterator[Swtpm]:
    """Start it up with what it keeps in that directory."""
    state.mkdir(exist_ok=True)
    ours, its = socket.socketpair()
    with ours:
        with its:
            argv = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}"]
            argv += ["--fd", str(its.fileno()), "--flags", "not-need-init,startup-clear"]
            quiet = subprocess.DEVNULL
            process = subprocess.Popen(argv, pass_fds=[its.fileno()], stderr=quiet)
        with process:
            try:
                yield Swtpm(ours)
            finally:
                process.terminate()
