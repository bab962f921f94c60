"""What a refusal of the Kubernetes API means to us: one table from status to error.

| status | becomes | because |
|---|---|---|
| 404 | NotFound | |
| 409 | Conflict | a version, a name, or a field owned by another manager |
| 410 | Expired | the version asked for is compacted away: list again |
| 401, 403, 429, 5xx | TransientError | roles and certificates may not be there yet at boot |
| other 4xx | InputError | the request will not get better by itself |
"""

from contextlib import suppress
from datetime import timedelta

from ichor.errors import Conflict, FormatError, IchorError, InputError, NotFound, TransientError
from ichor.formats.jsonvalue import Object, decode_object, text, whole


class Expired(TransientError):  # noqa: N818 - the API's own word
    """The resource version asked for is no longer kept."""


def error_of(status: int, body: bytes, *, doing: str, retry_after: str = "") -> IchorError:
    """Give the error of a reply that is not 2xx."""
    said: Object = {}
    with suppress(FormatError):
        said = decode_object(body)
    message = text(said, "message") or body[:200].decode("utf-8", "replace").strip()
    return _error(status, f"{doing}: {status} {message}", _seconds(said, retry_after))


def error_of_event(status_object: Object, *, doing: str) -> IchorError:
    """Give the error that came as an ERROR event within a watch."""
    code = whole(status_object, "code")
    return _error(code, f"{doing}: {code} {text(status_object, 'message')}", None)


def _error(status: int, message: str, retry_after: timedelta | None) -> IchorError:
    if status == 404:
        return NotFound(message)
    if status == 409:
        return Conflict(message)
    if status == 410:
        return Expired(message)
    if status in {401, 403, 408, 429} or status >= 500 or status < 400:
        return TransientError(message, retry_after=retry_after)
    return InputError(message)


def _seconds(said: Object, header: str) -> timedelta | None:
    seconds = whole(said, "details", "retryAfterSeconds")
    if not seconds and header.isdecimal():
        seconds = int(header)
    return timedelta(seconds=seconds) if seconds else None
