"""Marks on fields of documents: what a value must be like, and how it is written.

    endpoint: Annotated[str, HTTPS]
    pod_subnets: Annotated[tuple[Annotated[str, CIDR], ...], REPLACE] = ()

A check sees the decoded value and says whether it holds; its expectation completes the sentence
«expected ...».
"""

import base64
import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Final, TypeAlias
from urllib.parse import urlsplit

from ichor.config.secret import Secret
from ichor.errors import FormatError
from ichor.pki import pem


class Check:
    """expectation: completes «expected ...». test: True if the text will do.

    hides: the value is not shown in errors, since a key may have been put there by mistake.
    """

    def __init__(
        self, expectation: str, test: Callable[[str], bool], *, hides: bool = False
    ) -> None:
        self.expectation = expectation
        self.test = test
        self.hides = hides


class Range:
    """An integer from low to high, both included."""

    def __init__(self, low: int, high: int) -> None:
        self.low = low
        self.high = high
        self.expectation = f"an integer from {low} to {high}"


class Mark:
    """A mark without arguments, compared by identity."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


ALWAYS: Final = Mark("ALWAYS")  # written even when it has its default
REPLACE: Final = Mark("REPLACE")  # a patch replaces the value instead of joining into it
BASE64: Final = Mark("BASE64")  # base64 in the text, decoded in the struct


def _url(*schemes: str) -> Check:
    def test(text: str) -> bool:
        try:
            url = urlsplit(text)
            _ = url.port  # raises for a port that is no port
        except ValueError:
            return False
        return url.scheme in schemes and bool(url.hostname) and not re.search(r"\s", text)

    return Check(f"a URL that begins with {' or '.join(f'{s}://' for s in schemes)}", test)


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return test


def _network(text: str) -> object:
    address, slash, length = text.partition("/")
    if not slash or not length.isascii() or not length.isdigit():
        raise ValueError("no prefix length")
    return ipaddress.ip_network(f"{address}/{length}", strict=False)


def is_ip(text: str) -> bool:
    return _parses(ipaddress.ip_address)(text)


_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_DNS: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII | re.IGNORECASE)
_IMAGE: Final = re.compile(r"[a-z0-9][-a-zA-Z0-9._:/@]{0,510}", re.ASCII)
_LABEL_LINE: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")


def _pem(expectation: str, *labels: str, empty: bool = False) -> Check:
    """Check for PEM blocks whose labels end in one of these."""

    def test(text: str) -> bool:
        try:
            blocks = pem.decode(text)
        except FormatError:
            return empty and not text
        return all(block.label.endswith(labels) for block in blocks)

    return Check(expectation, test, hides=True)


def decode_base64(text: str) -> str:
    """Give the text within base64. Raises ValueError, which does not carry it."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except ValueError:  # binascii.Error and UnicodeDecodeError are among them
        raise ValueError("base64 of text") from None


HTTPS: Final = _url("https")
HTTP: Final = _url("http", "https")
DISCOVERY: Final = _url("http", "https", "grpc")
CIDR: Final = Check("a network such as 10.244.0.0/16", _parses(_network))
IP: Final = Check("an IP address", _parses(ipaddress.ip_address))
DNS: Final = Check("a DNS name", lambda text: len(text) <= 253 and _DNS.fullmatch(text) is not None)
SAN: Final = Check(
    "an IP address or a DNS name",
    lambda text: is_ip(text) or _DNS.fullmatch(text.removeprefix("*.")) is not None,
)
FILLED: Final = Check("a text that is not empty", bool)
IMAGE: Final = Check("an image reference", lambda text: _IMAGE.fullmatch(text) is not None)
CERTS: Final = _pem("certificates in PEM", "CERTIFICATE")
PUBLIC_KEY: Final = _pem("a public key in PEM", "PUBLIC KEY", "CERTIFICATE")
PRIVATE_KEY: Final = _pem("a private key in PEM", "PRIVATE KEY")
KEY_OR_EMPTY: Final = _pem("a private key in PEM, or nothing", "PRIVATE KEY", empty=True)
_TOKEN: Final = re.compile(r"[a-z0-9]{6}\.[a-z0-9]{16}", re.ASCII)
TOKEN: Final = Check(
    "id.secret of 6 and 16 lower-case letters and digits",
    lambda text: _TOKEN.fullmatch(text) is not None,
)
PORT: Final = Range(1, 65535)

Cert: TypeAlias = Annotated[str, CERTS]
Key: TypeAlias = Annotated[Secret, PRIVATE_KEY]
Cert64: TypeAlias = Annotated[str, BASE64, CERTS]
Key64: TypeAlias = Annotated[Secret, BASE64, KEY_OR_EMPTY]
Args: TypeAlias = str | tuple[str, ...]
U8: Final = Range(0, 255)
U16: Final = Range(0, 65535)
U32: Final = Range(0, (1 << 32) - 1)


def _interface(text: str) -> object:
    address, slash, length = text.partition("/")
    if not slash or not length.isascii() or not length.isdigit():
        raise ValueError("no prefix length")
    return ipaddress.ip_interface(f"{address}/{length}")


def _key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except ValueError:
        return False


def _endpoint(text: str) -> bool:
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_v6 = bare != host
    if not is_ip(bare) or (":" in bare) != is_v6:
        return False
    return port.isascii() and port.isdigit() and 1 <= int(port) <= 65535


def is_table(text: str) -> bool:
    return text in TABLES or (text.isascii() and text.isdigit() and 0 < int(text) < 256)


TABLES: Final = {"default": 253, "main": 254, "local": 255}
INTERFACE: Final = Check("an address with its prefix such as 192.0.2.1/24", _parses(_interface))
_LINK: Final = re.compile(r"[^\s/:]{1,15}")
# dev_valid_name, net/core/dev.c
LINK: Final = Check(
    "the name of a link: 1 to 15 characters, no spaces, slashes or colons",
    lambda text: _LINK.fullmatch(text) is not None and text not in (".", ".."),
)
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.IGNORECASE)
MAC: Final = Check(
    "a hardware address such as 02:00:5e:00:53:01", lambda text: bool(_MAC.fullmatch(text))
)
_DUID: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){1,129}", re.IGNORECASE)
DUID: Final = Check(
    "2 to 130 octets such as 00:03:00:01:02", lambda text: bool(_DUID.fullmatch(text))
)
TABLE: Final = Check("a routing table: main, default, local or a number from 1 to 255", is_table)
WIREGUARD_KEY: Final = Check("a key of 32 octets in base64", _key)
WIREGUARD_SECRET: Final = Check("a key of 32 octets in base64", _key, hides=True)
ENDPOINT: Final = Check("an IP address and a port such as 192.0.2.1:51820", _endpoint)
