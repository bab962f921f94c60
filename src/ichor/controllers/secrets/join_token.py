"""JoinToken: how a control plane recognises the token of a machine that wants in.

    config/MachineType        ─┐
    secrets/OSRootSecret "os" ─┴─► SHA-256 ─► secrets/JoinToken "trustd"

trustd faces the network and so is not told the token, nor any key: it compares digests.
"""

import hashlib
from collections.abc import Iterator
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.resources.secrets.ids import JOIN_TOKEN_ID, OS_ROOT_ID
from ichor.resources.secrets.os import JoinToken, OSRootSecret


class Inputs(Struct, frozen=True, kw_only=True):
    machine: Annotated[MachineType, Get("config", MACHINE_TYPE_ID)]
    root: Annotated[OSRootSecret, Get("secrets", OS_ROOT_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, JoinToken]]:
    if inputs.machine.type is MachineKind.WORKER or not inputs.root.token:
        return
    yield (
        JOIN_TOKEN_ID,
        JoinToken(sha256=hashlib.sha256(inputs.root.token.encode()).hexdigest()),
    )


join_token = Transform(
    name="secrets.JoinToken", inputs=Inputs, outputs=[Out(JoinToken)], reconcile=reconcile
)
