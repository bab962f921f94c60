"""One HTTP request of a configuration or of metadata: redirects followed, its size bounded.

    await Fetcher(roots).fetch(Get(url=...))

TLS trusts whom the image and the configuration trust. A redirect from https goes to https only.
"""

import asyncio
import base64
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

import h11

from ichor.errors import InputError, TransientError
from ichor.formats.packed import MOST
from ichor.peers.http1 import Origin, Pool, Request, Streaming
from ichor.peers.platform.program import Get

ROOTS: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_PORTS: Final = {"http": 80, "https": 443}
_OK, _NOT_FOUND, _NO_CONTENT = 200, 404, 204
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5


class Fetcher:
    """timeout_s: for all of a request, its redirects included."""

    def __init__(self, roots: Path = ROOTS, timeout_s: float = 30.0) -> None:
        self._roots = roots
        self._timeout_s = timeout_s

    async def fetch(self, wanted: Get) -> bytes | None:
        """Give the body, None where there may be none, and is. Raises TransientError, InputError.

        Who is not found is not there now: a server may be filled later.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(wanted)
        except TimeoutError:
            raise TransientError(f"{shown(wanted.url)}: not read in time") from None

    async def _follow(self, wanted: Get) -> bytes | None:
        url = wanted.url
        for _ in range(1 + _MOST_REDIRECTS):
            said = await self._once(wanted, url)
            if not isinstance(said, str):
                return said
            target = joined(url, said)
            if split(url).scheme == "https" and split(target).scheme != "https":
                raise InputError(
                    f"a redirect to what is not https: {shown(target)}", path=shown(url)
                )
            url = target
        raise TransientError(f"{shown(wanted.url)}: more than {_MOST_REDIRECTS} redirects")

    async def _once(self, wanted: Get, url: str) -> bytes | str | None:
        """Give a body, where to look instead, or None."""
        parts = split(url)
        pool = Pool(origin(parts), self._tls() if parts.scheme == "https" else None)
        target = parts.path or "/"
        request = Request(
            method=wanted.method,
            target=f"{target}?{parts.query}" if parts.query else target,
            headers=(*wanted.headers, *authorization(parts)),
        )
        async with _asking(pool, request, url) as reply:
            if reply.status in _REDIRECTS and (location := header(reply, "location")):
                return location
            if reply.status == _NOT_FOUND and wanted.optional:
                return None
            if reply.status not in (_OK, _NO_CONTENT):
                raise TransientError(f"{wanted.method} {shown(url)}: status {reply.status}")
            return await bounded(reply, url)

    def _tls(self) -> ssl.SSLContext:
        cafile = str(self._roots) if self._roots.exists() else None
        return ssl.create_default_context(cafile=cafile)


@asynccontextmanager
async def _asking(pool: Pool, request: Request, url: str) -> AsyncGenerator[Streaming]:
    try:
        async with pool.stream(request) as reply:
            yield reply
    except h11.LocalProtocolError:  # a space in it, and such
        raise InputError(f"{shown(url)!r} is no URL that can be asked for") from None


def joined(url: str, location: str) -> str:
    """Give where a redirect leads. Raises InputError."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise InputError("a redirect to what is no URL", path=shown(url)) from None


def split(url: str) -> SplitResult:
    """Raises InputError."""
    try:
        return urlsplit(url)
    except ValueError:  # which part is secret nobody can say
        raise InputError("what is given as one is no URL") from None


def origin(parts: SplitResult) -> Origin:
    """Raises InputError."""
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InputError("the URL's port is no number up to 65535") from None
    if parts.scheme not in _PORTS or not host:
        raise InputError(f"{shown(parts.geturl())!r}: expected an http or https URL")
    return Origin(host=host, port=port or _PORTS[parts.scheme])


def authorization(parts: SplitResult) -> tuple[tuple[str, str], ...]:
    """Give what an URL's user and password say (RFC 7617)."""
    if parts.username is None:
        return ()
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return (("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),)


def shown(url: str) -> str:
    """Give a URL as it may be shown: without user, password and query, which may be secret."""
    parts = split(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def header(reply: Streaming, name: str) -> str:
    return next((value for key, value in reply.headers if key == name), "")


async def bounded(reply: Streaming, url: str) -> bytes:
    body = bytearray()
    async for chunk in reply.chunks():
        body += chunk
        if len(body) > MOST:
            raise InputError(f"{shown(url)}: larger than {MOST} bytes")
    return bytes(body)
