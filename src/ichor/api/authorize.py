"""Authorisation in machined: roles as stated by apid, limited by who holds the other end.

    granted = stated in `talos-role` ∩ allowed to the process behind the socket (SO_PEERCRED)

apid has authenticated the caller; machined decides. A process that is not apid gets no more than
its own business needs, whatever it states. Who is apid is not a matter of the user alone: a pod may
run as any user and may have a directory of the node mounted, so the pid must be the one that
machined itself started. Root gets no role. (A root pod that mounts the node's own files owns the
node all the same: that the API does not help it is no boundary, keeping such pods out is.)
"""

from collections.abc import Callable, Mapping
from typing import Final

from ichor.api import access
from ichor.api.access import may_call
from ichor.pki.roles import ASSIGNABLE, METADATA_KEY, of_metadata
from ichor.ports.service import Service
from ichor.rpc.context import Context, Handler, Interceptor
from ichor.rpc.peer import Peer, UnixPeer
from ichor.rpc.status import Code, RpcError

APID = 50
TRUSTD = 51
_SERVICES: Final[Mapping[int, str]] = {APID: "apid", TRUSTD: "trustd"}

Grant = Callable[[Context], frozenset[str]]


def granting(services: Callable[[], Mapping[str, Service]]) -> Grant:
    """Give what says which roles a call has; none for a process that we did not start."""

    def granted(context: Context) -> frozenset[str]:
        match daemon_of(context.peer, services()):
            case "trustd":
                return frozenset({access.TRUSTD})
            case "apid":
                return ASSIGNABLE & of_metadata(context.metadata.all(METADATA_KEY))
            case _:
                return frozenset()

    return granted


def daemon_of(peer: Peer, services: Mapping[str, Service]) -> str:
    """Give the id of the daemon that holds the other end; empty if it is none of ours."""
    if not isinstance(peer, UnixPeer):
        return ""
    service = services.get(_SERVICES.get(peer.uid, ""))
    # A pid of 0 is of a process in no namespace that we see, or of a service at rest.
    if service is None or not peer.pid or service.pid != peer.pid:
        return ""
    return service.spec.id


def require(grant: Grant) -> Interceptor:
    """Interceptor: refuse what the table does not allow to the roles granted."""

    async def intercept(context: Context, handler: Handler) -> None:
        if not may_call(context.path, grant(context)):
            raise RpcError(Code.PERMISSION_DENIED, "not authorized")
        await handler(context)

    return intercept
