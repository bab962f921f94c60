"""Patterns of images: globs over complete names, registry first.

    ?   one character but `/`      *   any of them, or none      **   anything, `/` too

    registry.example/team/*        a repository right below team, with any tag and digest
    registry.example/team/app:1.*  of one repository the tags that begin so
    **                             every image

A pattern is held against the name as it is, against it without its digest, and against its
repository alone: who names no tag means all.
"""

import re
from functools import cache
from typing import Final

from ichor.errors import FormatError
from ichor.formats.reference import Reference

_ALLOWED: Final = re.compile(r"[a-zA-Z0-9._:/@\[\]*?-]{1,512}", re.ASCII)
_TOKEN: Final = re.compile(r"\*\*|\*|\?|[^*?]+")
_MEANS: Final = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


def check(pattern: str) -> None:
    """Raises FormatError for a pattern that no complete name can fit."""
    if _ALLOWED.fullmatch(pattern) is None:
        raise FormatError("characters of an image's name, and * or ?")
    registry, slash, _ = pattern.partition("/")
    if "**" in registry:
        return
    if not slash or not (set(registry) & set(".:*?") or registry == "localhost"):
        raise FormatError("a registry first, as docker.io/library/nginx, or ** for all")


def fits(pattern: str, name: Reference) -> bool:
    """Say whether an image is meant. The pattern must have passed check()."""
    compiled = _compiled(pattern)
    tagged = name._replace(digest="")
    alone = tagged._replace(tag="")
    return any(compiled.fullmatch(str(each)) for each in (name, tagged, alone))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [match[0] for match in _TOKEN.finditer(pattern)]
    return re.compile("".join(_MEANS.get(part) or re.escape(part) for part in parts))
