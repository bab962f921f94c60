"""Patterns of images: globs over complete names, registry first.

    ?   one character but `/`      *   any of them, or none      **   anything, `/` too

    registry.example/team/*        a repository right below team, with any tag and digest
    registry.example/team/app:1.*  of one repository the tags that begin so
    **                             every image

A pattern is held against the name as it is, against it without its digest, and against its
repository alone: who names no tag means all. Registries are compared by their one name.
"""

import re
from functools import cache
from typing import Final

from ichor.errors import FormatError
from ichor.formats.reference import Reference, one_name

_ALLOWED: Final = re.compile(r"[a-zA-Z0-9._:/@\[\]*?-]{1,512}", re.ASCII)
_TOKEN: Final = re.compile(r"\*\*|.", re.DOTALL)
_STARS: Final = frozenset({"*", "**"})


def check(pattern: str) -> None:
    """Raises FormatError for a pattern that no complete name can fit."""
    if _ALLOWED.fullmatch(pattern) is None:
        raise FormatError("characters of an image's name, and * or ?")
    registry, slash, _ = pattern.partition("/")
    if "**" in registry:
        return
    if not slash or not (set(registry) & set(".:*?") or registry == "localhost"):
        raise FormatError("a registry first, as docker.io/library/nginx, or ** for all")


def fits(pattern: str, name: Reference, *, by_tag: bool = True) -> bool:
    """Say whether an image is meant. The pattern must have passed check().

    by_tag: whether the name's tag may be what makes it fit.
    """
    tokens = _tokens(pattern)
    whole = name._replace(registry=one_name(name.registry))
    alone = whole._replace(tag="", digest="")
    named = (whole, whole._replace(digest="")) if by_tag else (whole._replace(tag=""),)
    return any(_matches(tokens, str(each)) for each in (*named, alone))


@cache
def _tokens(pattern: str) -> tuple[str, ...]:
    """Give stars, and the characters between them; a registry by its one name."""
    registry, slash, rest = pattern.partition("/")
    if slash:
        registry = registry.lower() if set(registry) & set("*?") else one_name(registry)
    return tuple(_TOKEN.findall(f"{registry}{slash}{rest}"))


def _matches(tokens: tuple[str, ...], text: str) -> bool:
    """Follow all ways at once: no pattern takes longer than its length times the text's."""
    at = _past_stars(tokens, {0})
    for char in text:
        at = _past_stars(
            tokens,
            {
                place if tokens[place] in _STARS else place + 1
                for place in at
                if place < len(tokens) and _takes(tokens[place], char)
            },
        )
    return len(tokens) in at


def _takes(part: str, char: str) -> bool:
    return part == "**" or (char != "/" if part in {"*", "?"} else part == char)


def _past_stars(tokens: tuple[str, ...], places: set[int]) -> set[int]:
    """Add where one may be who takes stars for nothing."""
    found = set(places)
    for place in sorted(places):
        while place < len(tokens) and tokens[place] in _STARS:
            place += 1
            found.add(place)
    return found
