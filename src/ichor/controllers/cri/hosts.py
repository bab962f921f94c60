"""Hosts: what containerd reads before each pull, one directory a registry.

    cri/RegistryConfig "registries" ─► files/FileSpec below /system/secrets/cri
        hosts/<registry>/hosts.toml     `_default` for all without a directory
        tls/<registry>/{ca.crt,client.crt,client.key}

(containerd, docs/hosts.md.) The endpoints are tried in order, then the registry itself, which the
keys before the first table are about; where it must not be asked, the last endpoint stands there.
Credentials are a fixed header: the only way of this file, and sent to token services as well.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.secret import Secret
from ichor.controllers.cri.registries import ANY
from ichor.cosi.controller import Get, Out, Transform
from ichor.resources.cri.ids import REGISTRIES_CONFIG_ID
from ichor.resources.cri.registry import (
    RegistryConfig,
    RegistryEndpointConfig,
    RegistryMirrorConfig,
)
from ichor.resources.files.file import FileSpec

BASE = "/system/secrets/cri"
DIRECTORY = f"{BASE}/hosts"
_DEFAULT = "_default"
_DOCKER, _DOCKER_HOST = "docker.io", "registry-1.docker.io"
T = TypeVar("T")


class Inputs(Struct, frozen=True, kw_only=True):
    registries: Annotated[RegistryConfig, Get("cri", REGISTRIES_CONFIG_ID)]


def reconcile(inputs: Inputs) -> Iterator[tuple[str, FileSpec]]:
    known = replace(
        inputs.registries,
        auths=_with_docker(inputs.registries.auths),
        tls=_with_docker(inputs.registries.tls),
    )
    fallback = known.mirrors.get(ANY, RegistryMirrorConfig())
    for name in sorted({*known.mirrors, *known.auths, *known.tls}):
        text = render(name, known.mirrors.get(name, fallback), known)
        directory = _DEFAULT if name == ANY else name
        yield f"{DIRECTORY}/{directory}/hosts.toml", FileSpec(content=Secret(text))
    for name, tls in known.tls.items():
        files = {"ca.crt": tls.ca}
        if tls.client_identity is not None:
            files["client.crt"] = tls.client_identity.crt
            files["client.key"] = tls.client_identity.key
        for file, content in files.items():
            if content:
                yield f"{BASE}/tls/{name}/{file}", FileSpec(content=Secret(content.decode()))


def _with_docker(by_host: Mapping[str, T]) -> Mapping[str, T]:
    """Let what is said of the host behind docker.io hold for docker.io."""
    found = by_host.get(_DOCKER_HOST)
    return by_host if found is None else {_DOCKER: found, **by_host}


def render(name: str, mirror: RegistryMirrorConfig, known: RegistryConfig) -> str:
    """Write the file of a registry."""
    endpoints = list({each.endpoint: each for each in mirror.endpoints}.values())
    if mirror.skip_fallback and endpoints:
        last = endpoints.pop()
        top = [f"server = {_quoted(last.endpoint)}", *_endpoint(last, known, "header")]
    else:
        top = list(_access(name, known, "header"))
    tables: list[str] = []
    for each in endpoints:
        table = f"host.{_quoted(each.endpoint)}"
        tables += ["", f"[{table}]", *_endpoint(each, known, f"{table}.header")]
    return "\n".join([*top, *tables, ""])


def _endpoint(each: RegistryEndpointConfig, known: RegistryConfig, header: str) -> Iterator[str]:
    yield 'capabilities = ["pull", "resolve"]'
    if each.override_path:
        yield "override_path = true"
    yield from _access(urlsplit(each.endpoint).netloc.rpartition("@")[2], known, header)


def _access(host: str, known: RegistryConfig, header: str) -> Iterator[str]:
    """Yield how a host is spoken to; header: the name of the table of headers, which ends it."""
    tls = known.tls.get(host)
    if tls is not None:
        path = f"{BASE}/tls/{host}"
        if tls.ca:
            yield f"ca = {_quoted(f'{path}/ca.crt')}"
        if tls.client_identity is not None:
            pair = ", ".join(_quoted(f"{path}/client.{suffix}") for suffix in ("crt", "key"))
            yield f"client = [[{pair}]]"
        if tls.insecure_skip_verify:
            yield "skip_verify = true"
    credentials = _credentials(host, known)
    if credentials:
        yield f"[{header}]"
        yield f"Authorization = {_quoted(f'Basic {credentials}')}"


def _credentials(host: str, known: RegistryConfig) -> str:
    given = known.auths.get(host)
    if given is None:
        return ""
    return given.auth or base64.b64encode(f"{given.username}:{given.password}".encode()).decode()


def _quoted(text: str) -> str:
    """Write a TOML basic string: JSON's escapes are among its own."""
    return json.dumps(text)


hosts = Transform(name="cri.Hosts", inputs=Inputs, outputs=[Out(FileSpec)], reconcile=reconcile)
