"""Registries' documents become what containerd reads; its own parser judges in a cluster test."""

import base64
import tomllib
from collections.abc import Mapping
from typing import cast

import pytest

from ichor.config import decode
from ichor.controllers.cri import hosts, registries
from ichor.formats.yaml.problem import Problems
from ichor.resources.config.active import ActiveConfig
from ichor.resources.cri.image_cache import ImageCacheConfig

CACHE = "http://127.0.0.1:3172"
ROOTS = ImageCacheConfig(roots=("/system/imagecache/disk",))


def document(kind: str, name: str, body: str = "") -> str:
    return f"---\napiVersion: v1alpha1\nkind: Registry{kind}Config\nname: {name}\n{body}"


def files(text: str, cache: ImageCacheConfig | None = None) -> Mapping[str, str]:
    """Give what is written for documents, by path below the base."""
    config = ActiveConfig(value=decode.decode(text, file="test")) if text else None
    inputs = registries.Inputs(config=config, cache=cache)
    known = dict(registries.reconcile(inputs))["registries"]
    found = hosts.reconcile(hosts.Inputs(registries=known))
    return {path.removeprefix(f"{hosts.BASE}/"): spec.content.reveal() for path, spec in found}


def read(text: str, path: str, cache: ImageCacheConfig | None = None) -> Mapping[str, object]:
    return tomllib.loads(files(text, cache)[path])


def tables(found: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    return cast("Mapping[str, Mapping[str, object]]", found["host"])


def test_without_documents_and_cache_nothing_is_written() -> None:
    assert files("") == {}


def test_the_cache_alone_stands_before_every_registry() -> None:
    found = read("", "hosts/_default/hosts.toml", ROOTS)
    assert found == {"host": {CACHE: {"capabilities": ["pull", "resolve"]}}}


def test_mirrors_come_in_order_after_the_cache_and_before_the_registry() -> None:
    text = document(
        "Mirror",
        "ghcr.io",
        "endpoints:\n- url: https://one.example\n- url: http://two.example:5000/v2/ghcr\n"
        "  overridePath: true\n",
    )
    found = read(text, "hosts/ghcr.io/hosts.toml", ROOTS)
    assert list(tables(found)) == [CACHE, "https://one.example", "http://two.example:5000/v2/ghcr"]
    assert tables(found)["http://two.example:5000/v2/ghcr"]["override_path"] is True
    assert "server" not in found
    assert set(files(text, ROOTS)) == {"hosts/ghcr.io/hosts.toml", "hosts/_default/hosts.toml"}


def test_a_registry_that_must_not_be_asked_is_not_named() -> None:
    text = document("Mirror", "'*'", "endpoints:\n- url: https://one.example\nskipFallback: true\n")
    found = read(text, "hosts/_default/hosts.toml", ROOTS)
    assert list(tables(found)) == [CACHE]
    assert found["server"] == "https://one.example"
    assert found["capabilities"] == ["pull", "resolve"]


def test_an_endpoint_named_twice_is_written_once() -> None:
    text = document("Mirror", "a.example", f"endpoints:\n- url: {CACHE}\n- url: {CACHE}\n")
    assert list(tables(read(text, "hosts/a.example/hosts.toml", ROOTS))) == [CACHE]


AUTH = document("Auth", "one.example", "username: me\npassword: 'p\"\\w'\n")
BASIC = "Basic " + base64.b64encode(b'me:p"\\w').decode()


def test_credentials_are_shown_to_their_host_as_mirror_and_as_registry() -> None:
    text = document("Mirror", "a.example", "endpoints:\n- url: https://one.example\n") + AUTH
    found = read(text, "hosts/a.example/hosts.toml")
    assert tables(found)["https://one.example"]["header"] == {"Authorization": BASIC}
    assert "header" not in found
    own = read(text, "hosts/one.example/hosts.toml")
    assert own == {"header": {"Authorization": BASIC}}


def test_a_registry_of_its_own_still_has_the_mirrors_of_all() -> None:
    found = read(AUTH, "hosts/one.example/hosts.toml", ROOTS)
    assert list(tables(found)) == [CACHE]
    assert found["header"] == {"Authorization": BASIC}


def test_docker_io_is_known_by_the_name_of_its_host_too() -> None:
    text = document("Auth", "registry-1.docker.io", "auth: bTpw\n")
    assert read(text, "hosts/docker.io/hosts.toml") == {"header": {"Authorization": "Basic bTpw"}}


def test_what_to_trust_is_written_beside() -> None:
    text = document("TLS", "one.example:5000", "insecureSkipVerify: true\n")
    found = read(text, "hosts/one.example:5000/hosts.toml")
    assert found == {"skip_verify": True}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (document("Mirror", "a.example"), "at least one endpoint"),
        (document("Mirror", "../x", "endpoints:\n- url: https://a\n"), "a host with or without"),
        (document("Auth", "'*'", "auth: bTpw\n"), "a host with or without"),
        (document("Auth", "a.example"), "either username and password, or auth"),
        (document("Auth", "a.example", "username: me\n"), "go together"),
        (document("Auth", "a.example", "auth: bTpw\nusername: a\npassword: b\n"), "either"),
        (document("Auth", "a.example", "auth: '%%'\n"), "base64 of username:password"),
        (document("Auth", "a.example", "auth: é\n"), "base64 of username:password"),
        (document("Auth", "a.example", "identityToken: x\n"), "not supported yet"),
        (document("TLS", "a.example", "ca: x\n"), "certificates in PEM"),
        (document("Mirror", "a.b", "endpoints:\n- url: ftp://a\n"), "http:// or https://"),
    ],
)
def test_bad_documents_are_refused(text: str, fault: str) -> None:
    with pytest.raises(Problems, match=fault):
        decode.decode(text, file="test")
