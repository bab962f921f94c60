"""PEM blocks (RFC 7468): text <-> label and DER. No cryptography here.

Keys carry the labels of existing configurations: `ED25519 PRIVATE KEY` holds PKCS#8, which Go
reads and OpenSSL does not know by that name; for_openssl() gives it the name OpenSSL wants.
"""

import base64
import binascii
import re
from typing import Final, NamedTuple

from ichor.errors import FormatError

CERTIFICATE: Final = "CERTIFICATE"
CSR: Final = "CERTIFICATE REQUEST"
PKCS8: Final = "PRIVATE KEY"
ED25519: Final = "ED25519 PRIVATE KEY"

_BEGIN: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,64})-----[ \t]*\r?\n")


class Block(NamedTuple):
    label: str
    der: bytes

    def __repr__(self) -> str:
        return f"<PEM {self.label}>"  # the bytes may be a key


def decode(text: str) -> tuple[Block, ...]:
    """Give all blocks of a text, at least one. Raises FormatError, which carries no content."""
    blocks: list[Block] = []
    position = 0
    while (start := text.find("-----BEGIN ", position)) >= 0:
        begin = _BEGIN.match(text, start)
        end = text.find("-----END ", begin.end()) if begin else -1
        if begin is None or not text.startswith(f"-----END {begin[1]}-----", max(end, 0)):
            raise FormatError("PEM blocks that begin and end", offset=start)
        blocks.append(Block(begin[1], _body(text[begin.end() : end], start)))
        position = end + 1
    if not blocks:
        raise FormatError("a PEM block")
    return tuple(blocks)


def _body(text: str, offset: int) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise FormatError("base64 within a PEM block", offset=offset) from None


def certificates(text: str) -> tuple[bytes, ...]:
    """Give the DER of each certificate, the leaf first. Raises FormatError if there is another."""
    blocks = decode(text)
    if any(block.label != CERTIFICATE for block in blocks):
        raise FormatError("certificates only")
    return tuple(block.der for block in blocks)


def encode(label: str, der: bytes) -> str:
    body = base64.b64encode(der).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def for_openssl(text: str) -> str:
    """Give a private key under the label that OpenSSL, and so Python's ssl, can read."""
    return text.replace(ED25519, PKCS8)
