"""Authorisation in machined: roles as stated by apid, limited by who holds the other end.

    granted = stated in `talos-role` ∩ allowed to the process behind the socket (SO_PEERCRED)

apid has authenticated the caller; machined decides. A process that is not apid gets no more than
its own business needs, whatever it states.
"""

from collections.abc import Callable, Mapping

from ichor.api import access
from ichor.api.access import may_call
from ichor.pki.roles import ASSIGNABLE, METADATA_KEY, of_metadata
from ichor.rpc.context import Context, Handler, Interceptor
from ichor.rpc.peer import Peer, UnixPeer
from ichor.rpc.status import Code, RpcError

APID = 50
TRUSTD = 51
_ALLOWED: Mapping[int, frozenset[str]] = {APID: ASSIGNABLE}

Grant = Callable[[Context], frozenset[str]]


def granted(context: Context) -> frozenset[str]:
    """Give the roles a call has; none for a process that is not known."""
    if isinstance(context.peer, UnixPeer) and context.peer.uid == TRUSTD:
        return frozenset({access.TRUSTD})
    return allowed_to(context.peer) & of_metadata(context.metadata.all(METADATA_KEY))


def allowed_to(peer: Peer) -> frozenset[str]:
    return _ALLOWED.get(peer.uid, frozenset()) if isinstance(peer, UnixPeer) else frozenset()


def require(grant: Grant) -> Interceptor:
    """Interceptor: refuse what the table does not allow to the roles granted."""

    async def intercept(context: Context, handler: Handler) -> None:
        if not may_call(context.path, grant(context)):
            raise RpcError(Code.PERMISSION_DENIED, "not authorized")
        await handler(context)

    return intercept
