"""User data as some platforms give it: in base64."""

import base64
import binascii

from ichor.errors import FormatError


def from_base64(text: str) -> bytes:
    """Raises FormatError."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise FormatError("user data in base64") from None
