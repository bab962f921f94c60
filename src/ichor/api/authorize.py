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
from ichor.pki.roles import ASSIGNABLE, METADATA_KEY, Role, of_metadata
from ichor.ports.service import Service
from ichor.rpc.context import Context, Handler, Interceptor
from ichor.rpc.peer import Peer, UnixPeer
from ichor.rpc.status import Code, RpcError

APID = 50  # and the dashboard, as facts say
TRUSTD = 51
_SERVICES: Final[Mapping[int, tuple[str, ...]]] = {
    APID: ("apid", "dashboard"),
    TRUSTD: ("trustd",),
}
# What may be had on a machine's own screen, by whoever stands before it.
_DASHBOARD: Final = frozenset({Role.READER, Role.META_WRITER})

Grant = Callable[[Context], frozenset[str]]


def granting(services: Callable[[], Mapping[str, Service]]) -> Grant:
    """Give what says which roles a call has; none for a process that we did not start."""

    def granted(context: Context) -> frozenset[str]:
        stated = of_metadata(context.metadata.all(METADATA_KEY))
        return roles_of(daemon_of(context.peer, services()), stated)

    return granted


def roles_of(daemon: str, stated: frozenset[str]) -> frozenset[str]:
    """Give the roles of a call by one of our daemons; trustd has one, whatever it states."""
    match daemon:
        case "trustd":
            return frozenset({access.TRUSTD})
        case "apid":
            return ASSIGNABLE & stated
        case "dashboard":
            return _DASHBOARD & stated
        case _:
            return frozenset()


def daemon_of(peer: Peer, services: Mapping[str, Service]) -> str:
    """Give the id of the daemon that holds the other end; empty if it is none of ours."""
    if not isinstance(peer, UnixPeer):
        return ""
    if not peer.pid:  # of a process in no namespace that we see; 0 is a service at rest, too
        return ""
    known = (services[id] for id in _SERVICES.get(peer.uid, ()) if id in services)
    return next((one.spec.id for one in known if one.pid == peer.pid), "")


def require(grant: Grant) -> Interceptor:
    """Interceptor: refuse what the table does not allow to the roles granted."""

    async def intercept(context: Context, handler: Handler) -> None:
        if not may_call(context.path, grant(context)):
            raise RpcError(Code.PERMISSION_DENIED, "not authorized")
        await handler(context)

    return intercept
