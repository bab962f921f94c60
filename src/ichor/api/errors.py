"""Errors as statuses: the one table, and the boundary nothing passes unseen.

| error | code |
|---|---|
| InputError, FormatError | INVALID_ARGUMENT |
| NotFound, FileNotFoundError | NOT_FOUND |
| AlreadyExists | ALREADY_EXISTS |
| Conflict | FAILED_PRECONDITION |
| TransientError | UNAVAILABLE |
| PermissionError | PERMISSION_DENIED |
| OSError | UNKNOWN, with the kernel's words |
| anything else | INTERNAL, logged: a bug |
"""

from ichor.cosi.state import AlreadyExists
from ichor.errors import Conflict, FormatError, InputError, NotFound, TransientError
from ichor.log import fields, logger
from ichor.rpc.context import Context, Handler
from ichor.rpc.status import Code, RpcError

log = logger(__name__)

_CODES: tuple[tuple[type[Exception], Code], ...] = (
    (InputError, Code.INVALID_ARGUMENT),
    (FormatError, Code.INVALID_ARGUMENT),
    (NotFound, Code.NOT_FOUND),
    (AlreadyExists, Code.ALREADY_EXISTS),
    (Conflict, Code.FAILED_PRECONDITION),
    (TransientError, Code.UNAVAILABLE),
    (FileNotFoundError, Code.NOT_FOUND),
    (PermissionError, Code.PERMISSION_DENIED),
    (OSError, Code.UNKNOWN),
)


def status_of(err: Exception) -> RpcError | None:
    """Give the status of an error a caller should see; None for a bug."""
    for kind, code in _CODES:
        if isinstance(err, kind):
            return RpcError(code, str(err))
    return None


async def translate(context: Context, handler: Handler) -> None:
    """Interceptor: what a handler raises becomes the status its caller gets."""
    try:
        await handler(context)
    except RpcError:
        raise
    except Exception as err:
        status = status_of(err)
        if status is None:
            log.exception("method failed", extra=fields(path=context.path))
            raise RpcError(Code.INTERNAL, "internal error, see the log of machined") from err
        raise status from err
