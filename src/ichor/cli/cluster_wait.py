"""From started nodes to a healthy cluster: the phases, each a question asked until it is answered.

    machine api ─► bootstrap ─► etcd ─► kubeconfig ─► kubernetes api ─► nodes ready ─► pods ready

Machines are told their configuration first: maintenance api ─► configuration.

Every question gives the reason why not yet; the last one is what a timeout tells. A node whose init
crashes again and again ends the wait at once, with what it said last.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from ichor.cli import cluster_health as health
from ichor.cli.cluster_config import control_planes
from ichor.cli.cluster_machine import Machine, machine, stranger
from ichor.cli.running import run
from ichor.client.talosconfig import Context
from ichor.errors import IchorError, InputError, TransientError
from ichor.formats.jsonvalue import Object
from ichor.peers.kube import KubeClient
from ichor.peers.kubeconfig import access
from ichor.ports.kube import Kind, Select
from ichor.provision import record
from ichor.provision.life import Status
from ichor.provision.provisioner import Phase
from ichor.provision.record import Cluster, Node
from ichor.rpc.status import Code, RpcError

_OURS = Select(namespace="kube-system")
_NODE, _POD = Kind("v1", "Node"), Kind("v1", "Pod")
_DAEMON_SET, _DEPLOYMENT = Kind("apps/v1", "DaemonSet"), Kind("apps/v1", "Deployment")
_PAUSE_S = 0.25
_ANSWER_S = 20.0
_CRASHES = 3
_LINES = 20
Question = Callable[[], Awaitable[str]]


class RefusedError(InputError):
    """What no waiting changes."""


class Waiting(Struct, frozen=True, kw_only=True):
    """What is waited for and how long.

    context: the administrator's. kubeconfig: where to find it once it is fetched. keep: stores the
    fetched one. says: who is told the reasons. until: of the monotonic clock, in seconds.
    states: asks the nodes' keepers. slowness: see `accelerator`.
    """

    cluster: Cluster
    context: Context
    kubeconfig: Path
    keep: Callable[[str], None]
    says: Callable[[str], None]
    states: Callable[[], Mapping[str, Status | None]]
    until: float
    slowness: float = 1

    @property
    def planes(self) -> Sequence[Node]:
        return control_planes(self.cluster)

    def ask(self, question: Question) -> None:
        """Ask until the answer is empty.

        Raises TransientError with the last one at the timeout, or with the crash of a node.
        """
        run(self._ask(question))

    async def _ask(self, question: Question) -> None:
        while reason := await _answer(question, _ANSWER_S * self.slowness):
            self.says(reason)
            self._check_crashes()
            if time.monotonic() > self.until:
                raise TransientError(f"timed out waiting: {reason}")
            await asyncio.sleep(_PAUSE_S)

    def _check_crashes(self) -> None:
        for name, status in self.states().items():
            if status is not None and status.crashes >= _CRASHES:
                raise TransientError(crash_report(name, status, self._console(name)))

    def _console(self, name: str) -> Sequence[str]:
        console = record.node_directory(self.cluster.name, name) / record.CONSOLE
        return console.read_text(errors="replace").splitlines() if console.exists() else ()


def crash_report(name: str, status: Status, console: Sequence[str]) -> str:
    """Say which node's init crashes, how often and how, and what it said last."""
    said = "".join(f"\n  {line}" for line in console[-_LINES:])
    times = f"{status.crashes} times in a row ({status.last_end})"
    return f"node {name}: its init has crashed {times}; its console ends with:{said}"


async def _answer(question: Question, patience_s: float) -> str:
    try:
        async with asyncio.timeout(patience_s):
            return await question()
    except TimeoutError:
        return f"no answer within {patience_s:.0f} s"
    except RefusedError:
        raise
    except (IchorError, OSError) as err:
        return str(err) or type(err).__name__


def phases(waiting: Waiting) -> Sequence[Phase]:
    """Give them in order."""
    return _phases(
        waiting,
        {
            "machine api": lambda: _answering(waiting.planes, partial(machine, waiting.context)),
            "bootstrap": lambda: _bootstrap(waiting, waiting.planes[0]),
            "etcd": lambda: _etcd(waiting),
            "kubeconfig": lambda: _access(waiting, waiting.planes[0]),
            "kubernetes api": lambda: _kubernetes(waiting),
            "nodes ready": lambda: _nodes(waiting),
            "kube-system ready": lambda: _pods(waiting),
        },
    )


def configuration(waiting: Waiting, userdata: Mapping[str, bytes]) -> Sequence[Phase]:
    """Give the phases that tell machines their configuration, each node its own."""
    told = set[str]()
    return _phases(
        waiting,
        {
            "maintenance api": lambda: _answering(waiting.cluster.nodes, stranger),
            "configuration": lambda: _configure(waiting, userdata, told),
        },
    )


def _phases(waiting: Waiting, questions: Mapping[str, Question]) -> Sequence[Phase]:
    def phase(name: str, question: Question) -> Phase:
        return Phase(name, lambda: waiting.ask(question))

    return [phase(name, question) for name, question in questions.items()]


async def _answering(
    nodes: Iterable[Node], reach: Callable[[Node], AbstractAsyncContextManager[Machine]]
) -> str:
    for node in nodes:
        async with reach(node) as called:
            try:
                await called.version()
            except RpcError as err:
                return f"{node.name}: {err.message or err}"
    return ""


async def _configure(waiting: Waiting, userdata: Mapping[str, bytes], told: set[str]) -> str:
    """Tell each node once; one that answers an administrator was told, and its reply lost."""
    for node in waiting.cluster.nodes:
        if node.name in told:
            continue
        async with stranger(node) as called, machine(waiting.context, node) as known:
            try:
                await called.apply_configuration(userdata[node.name])
            except RpcError as err:
                if err.code is Code.INVALID_ARGUMENT:
                    raise RefusedError(f"{node.name}: {err.message or err}") from err
                if not await _answers(known):
                    return f"{node.name}: {err.message or err}"
        told.add(node.name)
    return ""


async def _answers(called: Machine) -> bool:
    try:
        await called.version()
    except RpcError:
        return False
    return True


async def _bootstrap(waiting: Waiting, node: Node) -> str:
    """Ask one node to begin; «already» says that an answer of the node's was lost on its way."""
    async with machine(waiting.context, node) as called:
        try:
            await called.bootstrap()
        except RpcError as err:
            return "" if err.code is Code.ALREADY_EXISTS else f"{node.name}: {err.message or err}"
    return ""


async def _etcd(waiting: Waiting) -> str:
    for node in waiting.planes:
        async with machine(waiting.context, node) as called:
            if reason := health.service(await called.services(), "etcd"):
                return f"{node.name}: {reason}"
    return ""


async def _access(waiting: Waiting, node: Node) -> str:
    async with machine(waiting.context, node) as called:
        waiting.keep(await called.kubeconfig())
    return ""


async def _kubernetes(waiting: Waiting) -> str:
    """Ask every API server; until one answers, its node's services say why."""
    for node in waiting.planes:
        client = _client(waiting, node)
        try:
            reason = "" if await client.ready() else "its API server is not ready"
        finally:
            await client.close()
        if reason:
            return f"{node.name}: {await _troubled(waiting, node) or reason}"
    return ""


async def _troubled(waiting: Waiting, node: Node) -> str:
    async with machine(waiting.context, node) as called:
        return health.troubled(await called.services())


def _client(waiting: Waiting, node: Node) -> KubeClient:
    found = access(waiting.kubeconfig.read_text())
    origin = msgspec.structs.replace(found.origin, port=node.forward("kubernetes"))
    return KubeClient(msgspec.structs.replace(found, origin=origin))


async def _listed(waiting: Waiting, kinds: Sequence[Kind]) -> Sequence[Sequence[Object]]:
    client = _client(waiting, waiting.planes[0])
    try:
        found = []
        for kind in kinds:
            select = Select() if kind is _NODE else _OURS
            found.append(tuple((await client.list(kind, select)).items.values()))
        return found
    finally:
        await client.close()


async def _nodes(waiting: Waiting) -> str:
    by_name = {node.name: node for node in waiting.cluster.nodes}
    (items,) = await _listed(waiting, [_NODE])
    for name, reason in health.nodes(items, list(by_name)).items():
        try:
            service = await _troubled(waiting, by_name[name])
        except IchorError as err:
            service = f"machine api: {err}"
        return f"{name} {reason}" + (f" ({service})" if service else "")
    return ""


async def _pods(waiting: Waiting) -> str:
    daemon_sets, deployments, pods = await _listed(waiting, [_DAEMON_SET, _DEPLOYMENT, _POD])
    return health.workloads(daemon_sets, deployments, pods) or health.pods(pods)
