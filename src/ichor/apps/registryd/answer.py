"""The answer to a request: status, headers, and the bytes of a body or of a part of a blob."""

import os
from typing import Final, NamedTuple

from ichor.apps.registryd import asked
from ichor.apps.registryd.asked import Base, Blob, Health, Manifest, Refusal, Span
from ichor.apps.registryd.library import Content, Library
from ichor.formats.jsonvalue import encode

_BYTES: Final = "application/octet-stream"
_VERSION: Final = ("Docker-Distribution-Api-Version", "registry/2.0")
Headers = tuple[tuple[str, str], ...]


class Whole(NamedTuple):
    """An answer that is in memory."""

    status: int
    headers: Headers
    body: bytes = b""


class Part(NamedTuple):
    """An answer out of a blob, digest: to verify it by if it is the whole. Caller closes fd."""

    status: int
    headers: Headers
    fd: int
    span: Span
    digest: str = ""


def answer(library: Library, method: str, target: str, wanted: str = "") -> Whole | Part:
    """Answer a request; wanted: its Range header."""
    match asked.read(method, target):
        case Health():
            return _text(200, "text/plain", b"ok\n")
        case Base():
            return _text(200, "application/json", b"{}")
        case Manifest(registry, repository, reference):
            found = library.document(registry, repository, reference)
            if found is None:
                return refuse(404, "MANIFEST_UNKNOWN", f"{repository}: no {reference} here")
            digest = ("Docker-Content-Digest", found.digest)
            return _text(200, found.media_type, found.body, digest)
        case Blob(digest):
            content = library.content(digest)
            if content is None:
                return refuse(404, "BLOB_UNKNOWN", f"no {digest} here")
            return _blob(content, digest, wanted if method == "GET" else "")
        case Refusal(status, code, message):
            return refuse(status, code, message)


def refuse(status: int, code: str, message: str) -> Whole:
    body = encode({"errors": [{"code": code, "message": message}]})
    allowed = (("Allow", "GET, HEAD"),) if status == 405 else ()
    return _text(status, "application/json", body, *allowed)


def _text(status: int, media_type: str, body: bytes, *more: tuple[str, str]) -> Whole:
    about = (("Content-Type", media_type), ("Content-Length", str(len(body))))
    return Whole(status, (*about, _VERSION, *more), body)


def _blob(content: Content, digest: str, wanted: str) -> Whole | Part:
    try:
        part = asked.span(wanted, content.size) if wanted else None
    except ValueError as err:
        os.close(content.fd)
        refusal = refuse(416, "RANGE_INVALID", str(err))
        header = ("Content-Range", f"bytes */{content.size}")
        return refusal._replace(headers=(*refusal.headers, header))
    about: Headers = (
        ("Content-Type", _BYTES),
        ("Accept-Ranges", "bytes"),
        ("Docker-Content-Digest", digest),
        _VERSION,
    )
    if part is None:
        length = ("Content-Length", str(content.size))
        return Part(200, (*about, length), content.fd, Span(0, content.size), digest)
    span = ("Content-Range", f"bytes {part.first}-{part.last - 1}/{content.size}")
    length = ("Content-Length", str(part.last - part.first))
    return Part(206, (*about, length, span), content.fd, part)
