"""HealthCheck: the checks one after the other, told as they go, until all hold or time is over."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from ichor.api.health_checks import Check, Checks, Nodes, Reader, passes
from ichor.api.machine_type import CONTROL_PLANE
from ichor.cosi.state import State, find, find_all
from ichor.errors import Conflict
from ichor.peers import kubeconfig
from ichor.peers.kube import KubeClient
from ichor.ports.etcd import Etcd
from ichor.proto.cluster import cluster_pb2 as pb
from ichor.resources.cluster.affiliate import Member
from ichor.resources.network.ids import NODE_ADDRESS_CURRENT_ID
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.secrets.ids import KUBERNETES_ID
from ichor.resources.secrets.kubernetes import KubernetesSecret
from ichor.rpc.context import Context, Handler
from ichor.rpc.handlers import unary_stream
from ichor.rpc.method import method
from ichor.rpc.status import Code, RpcError

_TIMEOUT_S: Final = 20 * 60.0
_FIRST_S: Final = 0.5  # a check that nearly holds need not wait a whole period


class HealthService:
    def __init__(
        self,
        state: State,
        etcd: Callable[[], AbstractAsyncContextManager[Etcd]],
        kube: Callable[[], AbstractAsyncContextManager[Reader]],
    ) -> None:
        self._state = state
        self._etcd = etcd
        self._kube = kube

    def handlers(self) -> Mapping[str, Handler]:
        found = method(
            pb, "ClusterService", "HealthCheck", pb.HealthCheckRequest, pb.HealthCheckProgress
        )
        return {found.path: unary_stream(found, self.check)}

    async def check(
        self, request: pb.HealthCheckRequest, context: Context
    ) -> AsyncIterator[pb.HealthCheckProgress]:
        nodes = self._nodes(request.cluster_info)
        yield progress(f"discovered nodes: {nodes.control_planes} {nodes.workers}")
        seconds = request.wait_timeout.ToTimedelta().total_seconds() or _TIMEOUT_S
        deadline = asyncio.get_running_loop().time() + seconds
        for one in Checks(self._state, nodes, self._etcd, self._kube).all():
            async for message in until(one, deadline):
                yield progress(message)

    def _nodes(self, stated: pb.ClusterInfo) -> Nodes:
        """Give who should be there: as stated, as discovered, or this node alone."""
        if stated.control_plane_nodes or stated.worker_nodes:
            return Nodes(
                control_planes=tuple(stated.control_plane_nodes), workers=tuple(stated.worker_nodes)
            )
        members = [one.spec for one in find_all(self._state, Member) if one.spec.addresses]
        if members:
            first = [(one.machine_type in CONTROL_PLANE, str(one.addresses[0])) for one in members]
            return Nodes(
                control_planes=tuple(address for leads, address in first if leads),
                workers=tuple(address for leads, address in first if not leads),
            )
        current = find(self._state, NodeAddress, NODE_ADDRESS_CURRENT_ID)
        own = str(current.spec.addresses[0]).partition("/")[0] if current else "127.0.0.1"
        return Nodes(control_planes=(own,), workers=())


async def until(check: Check, deadline: float) -> AsyncIterator[str]:
    """Ask until it holds; tells each new reason to wait. Raises RpcError when time is over."""
    yield f"waiting for {check.name}: ..."
    told, pause = "", _FIRST_S
    while reason := await _asked(check, deadline, told):
        if reason != told:
            told = reason
            yield f"waiting for {check.name}: {reason}"
        if asyncio.get_running_loop().time() + pause > deadline:
            raise RpcError(Code.DEADLINE_EXCEEDED, f"healthcheck error: {check.name}: {reason}")
        await asyncio.sleep(pause)
        pause = min(pause * 2, check.period_s)
    yield f"waiting for {check.name}: OK"


async def _asked(check: Check, deadline: float, told: str) -> str:
    """Ask once, no longer than there is time: whoever is asked may be away and never answer.

    told: what was waited for before, which still holds then.
    """
    try:
        async with asyncio.timeout_at(deadline):
            return await passes(check)
    except TimeoutError:
        return told or "no answer in time"


def progress(message: str) -> pb.HealthCheckProgress:
    return pb.HealthCheckProgress(message=message)


def kube_of(state: State) -> Callable[[], AbstractAsyncContextManager[Reader]]:
    """Give connections to this node's API server, as its own administrator."""

    @asynccontextmanager
    async def connect() -> AsyncGenerator[Reader, None]:
        secret = find(state, KubernetesSecret, KUBERNETES_ID)
        if secret is None or not secret.spec.localhost_admin_kubeconfig:
            raise Conflict("Kubernetes is not set up on this node yet")
        client = KubeClient(kubeconfig.access(secret.spec.localhost_admin_kubeconfig))
        try:
            yield client
        finally:
            await client.close()

    return connect
