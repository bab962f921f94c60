"""A staged upgrade, as META has it until it is written.

key 7    the name of the image
key 8    JSON: the digests of its layers, and how often a start has begun to write it
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ichor.errors import FormatError

IMAGE: Final = 7
OPTIONS: Final = 8


class Staged(Struct, frozen=True, kw_only=True):
    """layers: digests, the lowest first. begun: so many times."""

    image: str
    layers: tuple[str, ...]
    begun: int = 0


class _Options(Struct, frozen=True):
    layers: tuple[str, ...]
    begun: int = 0


def image(values: Mapping[int, bytes]) -> str:
    """Give the name of what is staged; empty where nothing is."""
    return values.get(IMAGE, b"").decode(errors="replace")


def parse(values: Mapping[int, bytes]) -> Staged:
    """Read what is staged. Raises FormatError, also for what others have staged in their way."""
    try:
        found = msgspec.json.decode(values.get(OPTIONS, b""), type=_Options)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FormatError(f"the layers of what is staged as JSON in META key {OPTIONS}") from None
    return Staged(image=image(values), layers=found.layers, begun=found.begun)


def noted(values: Mapping[int, bytes], staged: Staged) -> Mapping[int, bytes]:
    options = msgspec.json.encode(_Options(staged.layers, staged.begun))
    return {**values, IMAGE: staged.image.encode(), OPTIONS: options}


def begun_again(staged: Staged) -> Staged:
    return replace(staged, begun=staged.begun + 1)


def without(values: Mapping[int, bytes]) -> Mapping[int, bytes]:
    return {tag: value for tag, value in values.items() if tag not in (IMAGE, OPTIONS)}
