"""What a certificate says, read from its DER without cryptography (RFC 5280 section 4.1).

Nothing is verified here: the TLS stack has checked chain, signature and time before. This is for
what it does not give or checks too leniently: organisations, extended key usage, fingerprint.
"""

import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

from ichor.errors import FormatError
from ichor.pki import der, pem
from ichor.pki.der import Reader

CLIENT_AUTH: Final = "1.3.6.1.5.5.7.3.2"
SERVER_AUTH: Final = "1.3.6.1.5.5.7.3.1"

_COMMON_NAME: Final = "2.5.4.3"
_ORGANIZATION: Final = "2.5.4.10"
_SAN: Final = "2.5.29.17"
_BASIC_CONSTRAINTS: Final = "2.5.29.19"
_EKU: Final = "2.5.29.37"
_DNS, _IP = 0x82, 0x87  # context tags of GeneralName
_CONTENT: Final = 0xA0
_VERSION, _ISSUER_ID, _SUBJECT_ID, _EXTENSIONS = 0xA0, 0x81, 0x82, 0xA3


class Certificate(Struct, frozen=True, kw_only=True):
    """serial: positive. usages: OIDs of the extended key usage, None without the extension.

    issuer, subject, public_key: DER. fingerprint: SHA-256 of the whole, lower-case hex.
    """

    serial: int
    issuer: bytes
    subject: bytes
    common_name: str
    organizations: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    public_key: bytes
    usages: tuple[str, ...] | None
    dns_names: tuple[str, ...]
    addresses: tuple[str, ...]
    is_ca: bool
    fingerprint: str

    @property
    def is_client_only(self) -> bool:
        """Say whether the one extended key usage is client authentication."""
        return self.usages == (CLIENT_AUTH,)


def parse_pem(text: str) -> Certificate:
    """Read the first certificate of a PEM text. Raises FormatError."""
    return parse(pem.certificates(text)[0])


def parse(data: bytes) -> Certificate:
    """Read one certificate. Raises FormatError."""
    outer = Reader(data)
    whole = outer.enter(der.SEQUENCE)
    outer.end()
    body = whole.enter(der.SEQUENCE)
    whole.skip(der.SEQUENCE)
    whole.skip(der.BIT_STRING)
    whole.end()
    return _body(body, hashlib.sha256(data).hexdigest())


def of_signature(data: bytes) -> Certificate:
    """Read the first certificate that a PKCS #7 signature carries (RFC 2315). Raises FormatError.

    data: SignedData in its ContentInfo; what is behind it is not looked at.
    """
    info = Reader(data).enter(der.SEQUENCE)
    info.skip(der.OID)
    signed = info.enter(_CONTENT).enter(der.SEQUENCE)
    signed.skip(der.INTEGER)
    signed.skip(der.SET)
    signed.skip(der.SEQUENCE)
    return parse(signed.enter(_CONTENT).raw(der.SEQUENCE))


def _body(body: Reader, fingerprint: str) -> Certificate:
    if body.enter(_VERSION).read(der.INTEGER) != b"\x02":
        raise FormatError("an X.509 certificate of version 3")
    serial = _positive(body.read(der.INTEGER))
    body.skip(der.SEQUENCE)
    issuer = body.raw(der.SEQUENCE)
    validity = body.enter(der.SEQUENCE)
    not_before, not_after = der.time(*validity.any()), der.time(*validity.any())
    validity.end()
    subject = body.raw(der.SEQUENCE)
    public_key = body.raw(der.SEQUENCE)
    names = list(_names(subject))
    extensions = _extensions(body)
    dns_names, addresses = _sans(extensions.get(_SAN))
    return Certificate(
        serial=serial,
        issuer=issuer,
        subject=subject,
        common_name=next((value for kind, value in names if kind == _COMMON_NAME), ""),
        organizations=tuple(value for kind, value in names if kind == _ORGANIZATION),
        not_before=not_before,
        not_after=not_after,
        public_key=public_key,
        usages=_usages(extensions.get(_EKU)),
        dns_names=dns_names,
        addresses=addresses,
        is_ca=_is_ca(extensions.get(_BASIC_CONSTRAINTS)),
        fingerprint=fingerprint,
    )


def _positive(content: bytes) -> int:
    padded = len(content) > 1 and content[0] in (0, 0xFF) and (content[0] ^ content[1]) < 0x80
    value = int.from_bytes(content, signed=True)
    if padded or value <= 0:
        raise FormatError("a positive integer in its shortest form")
    return value


def _names(name: bytes) -> Iterator[tuple[str, str]]:
    sequence = Reader(name).enter(der.SEQUENCE)
    while sequence.more:
        relative = sequence.enter(der.SET)
        while relative.more:
            pair = relative.enter(der.SEQUENCE)
            kind = der.oid(pair.read(der.OID))
            tag, content = pair.any()
            pair.end()
            if kind in (_COMMON_NAME, _ORGANIZATION):
                yield kind, der.text(tag, content)


def _extensions(body: Reader) -> dict[str, bytes]:
    for tag in (_ISSUER_ID, _SUBJECT_ID):
        if body.peek() == tag:
            body.skip(tag)
    found: dict[str, bytes] = {}
    if not body.more:
        return found
    wrapper = body.enter(_EXTENSIONS)
    body.end()
    listed = wrapper.enter(der.SEQUENCE)
    wrapper.end()
    while listed.more:
        extension = listed.enter(der.SEQUENCE)
        kind = der.oid(extension.read(der.OID))
        if extension.peek() == der.BOOLEAN and extension.read(der.BOOLEAN) != b"\xff":
            raise FormatError("critical: TRUE, or nothing")
        value = extension.read(der.OCTET_STRING)
        extension.end()
        if kind in found:
            raise FormatError(f"extension {kind} once")
        found[kind] = value
    return found


def _usages(value: bytes | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    outer = Reader(value)
    listed = outer.enter(der.SEQUENCE)
    outer.end()
    usages: list[str] = []
    while listed.more:
        usages.append(der.oid(listed.read(der.OID)))
    return tuple(usages)


def _sans(value: bytes | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if value is None:
        return (), ()
    outer = Reader(value)
    listed = outer.enter(der.SEQUENCE)
    outer.end()
    names: list[str] = []
    addresses: list[str] = []
    while listed.more:
        tag, content = listed.any()
        if tag == _DNS:
            names.append(der.text(0x16, content))
        elif tag == _IP:
            addresses.append(_address(content))
    return tuple(names), tuple(addresses)


def _address(content: bytes) -> str:
    if len(content) not in (4, 16):
        raise FormatError("an address of 4 or 16 bytes")
    return str(ipaddress.ip_address(content))


def _is_ca(value: bytes | None) -> bool:
    if value is None:
        return False
    inner = Reader(value).enter(der.SEQUENCE)
    return inner.peek() == der.BOOLEAN and inner.read(der.BOOLEAN) == b"\xff"
