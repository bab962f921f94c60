"""Who this node is, for as long as its STATE lives: 32 random bytes in base 62.

/etc/machine-id is the first half of the same bytes, in hex.
"""

from typing import Final

from ichor.cosi.resource import resource
from ichor.cosi.state import State, find
from ichor.ports.random import Random
from ichor.resources.cluster.identity import Identity
from ichor.resources.cluster.ids import LOCAL_IDENTITY
from ichor.resources.files.etc import EtcFileSpec

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH: Final = 32
OWNER: Final = "machined.Identity"


def ensure(state: State, random: Random) -> None:
    """Draw an identity if the store has none, and show its machine-id."""
    held = find(state, Identity, LOCAL_IDENTITY)
    if held is None:
        node_id = encode(random.draw(_LENGTH))
        state.create(resource(Identity(node_id=node_id), LOCAL_IDENTITY), OWNER)
    else:
        node_id = held.spec.node_id
    machine_id = decode(node_id)[: _LENGTH // 2].hex()
    state.create(resource(EtcFileSpec(contents=machine_id + "\n", mode=0o444), "machine-id"), OWNER)


def encode(data: bytes) -> str:
    """Write bytes as a number in base 62, most significant digit first."""
    number = int.from_bytes(data)
    digits = []
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits)) or "0"


def decode(text: str) -> bytes:
    number = 0
    for digit in text:
        number = number * len(_DIGITS) + _DIGITS.index(digit)
    return number.to_bytes(_LENGTH)
