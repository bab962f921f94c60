"""A client of registries (OCI distribution specification 1.1), for what is read and not pulled.

    mirrors of the name, else of `*` ─► each in turn ─► the registry itself, unless it is skipped
        GET <endpoint>/v2/<repository>/manifests/<tag or digest>?ns=<registry>    ns: to mirrors
        401, Bearer ─► GET <realm>?service=…&scope=repository:<repository>:pull ─► once more

The order, the meaning of an endpoint's path and who gets which credentials are those of the files
that containerd pulls by (controllers/cri/hosts.py). One that lacks it or fails is passed over; only
if none has it the failures count: what could not be asked may be there.
"""

import asyncio
import base64
import hashlib
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlencode

import h11

from ichor.errors import FormatError, IchorError, InputError, NotFound, TransientError
from ichor.formats import oci
from ichor.formats.jsonvalue import decode_object, text
from ichor.formats.reference import Reference
from ichor.peers import fetch
from ichor.peers.http1 import Pool, Request, Streaming
from ichor.ports.registry import Access, Manifest
from ichor.resources.cri.registry import RegistryMirrorConfig, RegistryTLSConfig
from ichor.rpc.tls import use

MANIFEST_MOST: Final = 4 << 20
_TOKEN_MOST: Final = 64 << 10
_WHOLE_S: Final = 60.0  # for all that is asked about one thing
_ACCEPT: Final = ", ".join(
    (
        oci.INDEX_TYPE,
        oci.MANIFEST_TYPE,
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DOCKER, _DOCKER_HOST, _ANY = "docker.io", "registry-1.docker.io", "*"
_PARAMETER: Final = re.compile(r'([a-z]+)="([^"]*)"', re.IGNORECASE)
_OK, _UNAUTHORIZED, _NOT_FOUND = 200, 401, 404
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
T = TypeVar("T")
Headers = tuple[tuple[str, str], ...]


class _Endpoint(NamedTuple):
    """url: with /v2. host: by which credentials and TLS are known. ns: what a mirror is told."""

    url: str
    host: str
    ns: str = ""


class _Body(NamedTuple):
    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class HttpRegistries:
    """The adapter of ports.registry.Registries. roots: whom TLS trusts, PEM."""

    def __init__(self, roots: Path = fetch.ROOTS) -> None:
        self._roots = roots

    async def manifest(self, name: Reference, access: Access) -> Manifest:
        wanted = name.digest or name.tag
        body = await self._anywhere(name, f"manifests/{wanted}", MANIFEST_MOST, access)
        found = oci.digest(body)
        if name.digest and found != name.digest:
            raise FormatError(f"a manifest of {name.digest}, not of {found}")
        return Manifest(digest=found, body=body)

    async def blob(self, name: Reference, digest: str, size: int, access: Access) -> bytes:
        body = await self._anywhere(name, f"blobs/{digest}", size, access)
        if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
            raise FormatError(f"a blob of {digest}")
        return body

    async def _anywhere(self, name: Reference, what: str, most: int, access: Access) -> bytes:
        failure: IchorError | None = None
        try:
            async with asyncio.timeout(_WHOLE_S):
                for endpoint in endpoints(name.registry, access):
                    try:
                        asked = _Asked(self._roots, endpoint, name.repository, access)
                        return await asked.get(what, most)
                    except NotFound:
                        continue
                    except (TransientError, InputError, FormatError) as err:
                        failure = failure or err
        except TimeoutError:
            raise TransientError(f"{name.registry}: not read in time") from None
        if failure is not None:
            raise TransientError(str(failure)) from failure
        raise NotFound(f"{name.registry}/{name.repository} has no {what.partition('/')[2]}")


def endpoints(registry: str, access: Access) -> Iterator[_Endpoint]:
    """Give who is asked about a registry's images, in order."""
    mirrors = access.registries.mirrors
    mirror = mirrors.get(registry, mirrors.get(_ANY, RegistryMirrorConfig()))
    for each in {each.endpoint: each for each in mirror.endpoints}.values():
        url = each.endpoint.rstrip("/")
        host = fetch.split(url).netloc.rpartition("@")[2]
        yield _Endpoint(url if each.override_path else f"{url}/v2", host, registry)
    if not (mirror.skip_fallback and mirror.endpoints):
        host = _DOCKER_HOST if registry == _DOCKER else registry
        yield _Endpoint(f"https://{host}/v2", host)


class _Asked:
    """One endpoint, asked about one repository."""

    def __init__(self, roots: Path, endpoint: _Endpoint, repository: str, access: Access) -> None:
        self._roots = roots
        self._endpoint = endpoint
        self._repository = repository
        self._access = access

    async def get(self, what: str, most: int) -> bytes:
        query = f"?{urlencode({'ns': self._endpoint.ns})}" if self._endpoint.ns else ""
        url = f"{self._endpoint.url}/{self._repository}/{what}{query}"
        basic = self._basic()
        found = await self._follow(url, (("Accept", _ACCEPT), *basic), most)
        if found.status == _UNAUTHORIZED:
            bearer = await self._token(found.header("www-authenticate"), basic)
            found = await self._follow(url, (("Accept", _ACCEPT), *bearer), most)
        if found.status == _NOT_FOUND:
            raise NotFound(fetch.shown(url))
        if found.status != _OK:
            raise TransientError(f"GET {fetch.shown(url)}: status {found.status}")
        return found.body

    def _basic(self) -> Headers:
        host, given = self._endpoint.host, self._access.credentials
        if given is not None and given.host in _aliases(host):
            pair = f"{given.username}:{given.password}"
        elif (known := _known(self._access.registries.auths, host)) is not None:
            pair = f"{known.username}:{known.password}"
            if known.auth:
                return (("Authorization", f"Basic {known.auth}"),)
        else:
            return ()
        return (("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),)

    async def _token(self, challenge: str, basic: Headers) -> Headers:
        """Ask whom the registry names for a token (distribution: token authentication)."""
        scheme, _, rest = challenge.partition(" ")
        told = {name.lower(): value for name, value in _PARAMETER.findall(rest)}
        if scheme.lower() != "bearer" or "realm" not in told:
            raise InputError(f"{self._endpoint.host} refuses us: status {_UNAUTHORIZED}")
        realm = told["realm"]
        if self._endpoint.url.startswith("https:") and fetch.split(realm).scheme != "https":
            raise InputError(f"{self._endpoint.host} sends us for a token to what is not https")
        query = {"scope": f"repository:{self._repository}:pull"}
        query |= {"service": told["service"]} if "service" in told else {}
        more = "&" if "?" in realm else "?"
        found = await self._follow(f"{realm}{more}{urlencode(query)}", basic, _TOKEN_MOST)
        if found.status != _OK:
            raise InputError(f"{self._endpoint.host} gives no token: status {found.status}")
        body = decode_object(found.body)
        token = text(body, "token") or text(body, "access_token")
        return (("Authorization", f"Bearer {token}"),)

    async def _follow(self, url: str, headers: Headers, most: int) -> _Body:
        """Ask, elsewhere if told so; nobody but who was asked first sees who we are."""
        began = fetch.split(url)
        for _ in range(1 + _MOST_REDIRECTS):
            found = await self._once(url, headers, most)
            location = found.header("location")
            if found.status not in _REDIRECTS or not location:
                return found
            url = fetch.joined(url, location)
            now = fetch.split(url)
            if began.scheme == "https" and now.scheme != "https":
                raise InputError(f"a redirect to what is not https: {fetch.shown(url)}")
            if now.netloc != began.netloc:
                headers = tuple(each for each in headers if each[0] != "Authorization")
        raise TransientError(f"{fetch.shown(url)}: more than {_MOST_REDIRECTS} redirects")

    async def _once(self, url: str, headers: Headers, most: int) -> _Body:
        parts = fetch.split(url)
        host = parts.netloc.rpartition("@")[2]
        try:
            tls = self._tls(host) if parts.scheme == "https" else None
        except (ssl.SSLError, ValueError) as err:  # of what is not ASCII, too
            raise InputError(f"the certificates for {host} are of no use: {err}") from None
        pool = Pool(fetch.origin(parts), tls)
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        request = Request(method="GET", target=target, headers=headers)
        try:
            async with pool.stream(request, idle_s=30) as reply:
                body = await _bounded(reply, most, url) if reply.status == _OK else b""
                return _Body(reply.status, reply.headers, body)
        except h11.LocalProtocolError:
            raise InputError(f"{fetch.shown(url)!r} is no URL that can be asked for") from None

    def _tls(self, host: str) -> ssl.SSLContext:
        cafile = str(self._roots) if self._roots.exists() else None
        context = ssl.create_default_context(cafile=cafile)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # as peers.pem has it
        known = _known(self._access.registries.tls, host) or RegistryTLSConfig()
        if known.ca:
            context.load_verify_locations(cadata=known.ca.decode("ascii"))
        if known.client_identity is not None:
            use(context, known.client_identity.crt, known.client_identity.key)
        if known.insecure_skip_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _aliases(host: str) -> tuple[str, ...]:
    """Give the names by which a configuration may mean a host."""
    return (host, _DOCKER) if host == _DOCKER_HOST else (host,)


def _known(by_host: Mapping[str, T], host: str) -> T | None:
    return next((by_host[name] for name in _aliases(host) if name in by_host), None)


async def _bounded(reply: Streaming, most: int, url: str) -> bytes:
    body = bytearray()
    async for chunk in reply.chunks():
        body += chunk
        if len(body) > most:
            raise InputError(f"{fetch.shown(url)}: larger than {most} bytes")
    return bytes(body)
