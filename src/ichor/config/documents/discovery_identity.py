"""Which cluster this node discovers: an id sent in clear, and the secret that seals the rest."""

import base64
from typing import Annotated, ClassVar

from msgspec import field

from ichor.config.document import Document
from ichor.config.field import FILLED, Check
from ichor.config.secret import Secret


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) in (16, 24, 32)
    except ValueError:  # binascii.Error is one, and so is text that is not ASCII
        return False


class DiscoveryIdentityConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "DiscoveryIdentityConfig"

    cluster_id: Annotated[str, FILLED] = field(name="clusterID")
    cluster_secret: Annotated[Secret, Check("base64 of an AES key", _is_key)]
