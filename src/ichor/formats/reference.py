"""Names of images: `registry/repository:tag@digest` (distribution/reference, image-spec 1.1).

A first part without a dot, a port or `localhost` is no registry: the name is docker.io's then, and
a repository of one part is below `library/`. Without tag and digest the tag is `latest`.
"""

import re
from typing import Final, NamedTuple

from ichor.errors import FormatError

_PART: Final = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
_REPOSITORY: Final = re.compile(rf"{_PART}(?:/{_PART})*", re.ASCII)
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_LABEL: Final = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY: Final = re.compile(
    rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?", re.ASCII
)
_LONGEST: Final = 255
_DOCKER: Final = "docker.io"
_DOCKERS: Final = frozenset({_DOCKER, "index.docker.io", "registry-1.docker.io"})


class Reference(NamedTuple):
    """tag, digest: empty if not said; one of them is."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse(text: str) -> Reference:
    """Read a name as people write it. Raises FormatError."""
    rest, at, digest = text.partition("@")
    registry, slash, below = rest.partition("/")
    if not slash or not (set(registry) & set(".:") or registry == "localhost"):
        registry, below = _DOCKER, rest if slash else f"library/{rest}"
    repository, colon, tag = below.partition(":")
    if not colon and not at:
        colon, tag = ":", "latest"
    fits = is_registry(registry) and is_repository(repository)
    if not fits or (colon and not is_tag(tag)) or (at and not is_digest(digest)):
        raise FormatError(f"an image as registry/repository:tag, not {text!r}")
    return Reference(registry, repository, tag, digest)


def one_name(registry: str) -> str:
    """Give the one of a registry's spellings: DNS knows no case, https has its port."""
    lower = registry.lower().removesuffix(":443")
    return _DOCKER if lower in _DOCKERS else lower


def is_registry(text: str) -> bool:
    """Say whether it is a host, with or without a port."""
    return len(text) <= _LONGEST and _REGISTRY.fullmatch(text) is not None


def is_repository(text: str) -> bool:
    return len(text) <= _LONGEST and _REPOSITORY.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None
