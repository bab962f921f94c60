"""A fresh zygote, as the image's program starts it: descriptor 3 is a socket of PID 1's.

The first zygote is forked; one that replaces it is executed. It reads no argument, and starts no
daemon that is not one of these: whoever starts it has no interpreter.
"""

import socket
from typing import Final, NoReturn

from ichor.linux import zygote

# What daemons share by fork. Nothing here may start a thread, open a channel or hold a secret.
DAEMONS: Final = ("ichor.apps.apid.main", "ichor.apps.signer.main", "ichor.apps.trustd.main")


def main() -> NoReturn:
    zygote.serve(socket.socket(fileno=zygote.CHANNEL), DAEMONS, within="ichor.apps.")
