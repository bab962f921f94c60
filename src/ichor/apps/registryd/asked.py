"""What a request asks for: method, target and Range of HTTP become values, or a refusal.

    /healthz                                     Health
    /v2/                                         Base
    /v2/<repository>/manifests/<tag or digest>   Manifest   ?ns=<registry> says whose (containerd)
    /v2/<repository>/blobs/<digest>              Blob

(OCI distribution specification 1.1; ranges of RFC 9110 section 14, one at a time.) Nothing of a
target ever becomes a path of a file: what is no digest is only looked up by name.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from ichor.formats.reference import is_digest, is_registry, is_repository, is_tag

_ENDPOINT: Final = re.compile(r"/v2/(.+)/(manifests|blobs)/([^/]+)", re.ASCII)
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)


class Health(NamedTuple):
    """Whether we live."""


class Base(NamedTuple):
    """Whether we are a registry."""


class Manifest(NamedTuple):
    """registry: empty for any. reference: a tag or a digest."""

    registry: str
    repository: str
    reference: str


class Blob(NamedTuple):
    digest: str


class Refusal(NamedTuple):
    """code: of the distribution specification."""

    status: int
    code: str
    message: str


class Span(NamedTuple):
    """Bytes of a blob, half-open [first, last)."""

    first: int
    last: int


Asked = Health | Base | Manifest | Blob | Refusal


def read(method: str, target: str) -> Asked:
    if method not in ("GET", "HEAD"):
        return Refusal(405, "UNSUPPORTED", "this registry is read-only")
    try:
        url = urlsplit(target)
    except ValueError:
        return _unknown(target)
    path = unquote(url.path)
    if path == "/healthz":
        return Health()
    if path in ("/v2", "/v2/"):
        return Base()
    match = _ENDPOINT.fullmatch(path)
    if match is None:
        return _unknown(path)
    repository, kind, reference = match.groups()
    if not is_repository(repository):
        return Refusal(400, "NAME_INVALID", f"{repository!r} is no name of a repository")
    if kind == "blobs":
        return Blob(reference) if is_digest(reference) else _no_digest(reference)
    return _manifest(url.query, repository, reference)


def _manifest(query: str, repository: str, reference: str) -> Asked:
    if not is_digest(reference) and not is_tag(reference):
        return _no_digest(reference)
    named = parse_qs(query, max_num_fields=16).get("ns", [""]) if query.count("&") < 16 else [""]
    if named[0] and not is_registry(named[0]):
        return Refusal(400, "NAME_INVALID", f"{named[0]!r} is no registry")
    return Manifest(named[0], repository, reference)


def span(header: str, size: int) -> Span | None:
    """Read a Range header; None for what is to be ignored: the whole is the answer then.

    Raises ValueError for a range that has no byte of this size.
    """
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or match[0] == "bytes=-":
        return None
    if not match[1]:
        first, last = max(0, size - int(match[2])), size
    else:
        first, last = int(match[1]), min(size, int(match[2]) + 1 if match[2] else size)
        if match[2] and int(match[2]) < int(match[1]):
            return None
    if first >= last:
        raise ValueError(f"no byte of {size} is in {header!r}")
    return Span(first, last)


def _no_digest(reference: str) -> Refusal:
    return Refusal(400, "DIGEST_INVALID", f"{reference!r} is no sha256 digest")


def _unknown(path: str) -> Refusal:
    return Refusal(404, "NAME_UNKNOWN", f"nothing is at {path!r}")
