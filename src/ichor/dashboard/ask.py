"""Asking a node: its resources -> facts, what its kernel counts -> numbers.

Whatever it does not tell (no right to see it, not there yet, a method of a later version) is left
out; only a node that cannot be reached at all is an error.
"""

import asyncio
import re
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message

from ichor.client.machine import Node
from ichor.client.state import StateClient
from ichor.cosi.resource import Spec
from ichor.dashboard.seen import SECTOR, Component, Facts, Numbers, Process
from ichor.proto.machine import machine_pb2 as pb
from ichor.resources.cluster.affiliate import Member
from ichor.resources.cluster.identity import Info
from ichor.resources.cluster.ids import INFO_ID
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.machine import MachineType
from ichor.resources.k8s.static_pod import StaticPodStatus
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import (
    HOSTNAME_ID,
    NODE_ADDRESS_CURRENT_ID,
    RESOLVER_ID,
    STATUS_ID,
    TIME_SERVER_ID,
)
from ichor.resources.network.node_address import NodeAddress
from ichor.resources.network.resolver import ResolverStatus
from ichor.resources.network.route import RouteStatus
from ichor.resources.network.status import NetworkStatus
from ichor.resources.network.time_server import TimeServerStatus
from ichor.resources.runtime.diagnostic import Diagnostic
from ichor.resources.runtime.ids import MACHINE_STATUS_ID
from ichor.resources.runtime.machine import MachineStatus, Version
from ichor.rpc.status import Code, RpcError

VERSION_ID: Final = "version"
_WAIT_S: Final = 20
_KUBELET: Final = "kubelet"
_PODS: Final = ("apiserver", "controller-manager", "scheduler")
_UNTOLD: Final = frozenset({Code.PERMISSION_DENIED, Code.NOT_FOUND, Code.UNIMPLEMENTED})
_DISK: Final = re.compile(r"(sd|vd|hd|xvd)[a-z]+|nvme\d+n\d+|mmcblk\d+")
_INSIDE: Final = re.compile(r"lo|(veth|cni|vxlan|dummy|tunl|sit|ip6tnl).*")
S = TypeVar("S", bound=Spec)
R = TypeVar("R", bound=Message)
T = TypeVar("T")


async def facts(node: Node) -> Facts:
    """Raises RpcError where the node cannot be reached."""
    state = StateClient(node.channel, node.metadata)

    async def one(spec: type[S], id: str) -> S:
        found = await _told(state.get(spec, id))
        return found.spec if found is not None else spec()

    async def every(spec: type[S]) -> Mapping[str, S]:
        return {found.id: found.spec for found in await _told(state.list(spec)) or ()}

    (
        (machine, version, kind, info, name, addresses),
        (resolvers, servers, network, services),
        (members, pods, routes, diagnostics),
    ) = await asyncio.gather(
        asyncio.gather(
            one(MachineStatus, MACHINE_STATUS_ID),
            one(Version, VERSION_ID),
            one(MachineType, MACHINE_TYPE_ID),
            one(Info, INFO_ID),
            one(HostnameStatus, HOSTNAME_ID),
            one(NodeAddress, NODE_ADDRESS_CURRENT_ID),
        ),
        asyncio.gather(
            one(ResolverStatus, RESOLVER_ID),
            one(TimeServerStatus, TIME_SERVER_ID),
            one(NetworkStatus, STATUS_ID),
            _asked(node, "ServiceList", pb.ServiceListResponse),
        ),
        asyncio.gather(
            every(Member), every(StaticPodStatus), every(RouteStatus), every(Diagnostic)
        ),
    )
    return Facts(
        hostname=name.hostname,
        version=version.version,
        cluster=info.cluster_name,
        machine_type=kind.type.value,
        stage=machine.stage.value,
        is_ready=machine.status.ready,
        unmet=[f"{one.name}: {one.reason}" for one in machine.status.unmet_conditions],
        addresses=addresses.addresses,
        gateways=gateways(routes.values()),
        resolvers=resolvers.dns_servers,
        time_servers=servers.time_servers,
        is_connected=network.connectivity_ready,
        members=len(members),
        components=[*kubelet(services), *control_plane(pods)],
        diagnostics=[one.message for one in diagnostics.values()],
    )


def gateways(routes: Iterable[RouteStatus]) -> Sequence[str]:
    """Give those of default routes."""
    return sorted({one.gateway for one in routes if one.gateway and not one.dst})


def kubelet(answer: pb.ServiceListResponse) -> Iterable[Component]:
    for message in answer.messages:
        for one in message.services:
            if one.id == _KUBELET:
                health = one.health
                yield Component(_KUBELET, None if health.unknown else health.healthy)


def control_plane(pods: Mapping[str, StaticPodStatus]) -> Iterable[Component]:
    """Yield what runs on this node; ids are `namespace/name`, names end with the node's."""
    for name in _PODS:
        found = [
            one for id, one in pods.items() if id.partition("/")[2].startswith(f"kube-{name}-")
        ]
        if found:
            yield Component(name, any(is_ready(one.pod_status) for one in found))


def is_ready(status: Mapping[str, object]) -> bool:
    conditions = status.get("conditions")
    return isinstance(conditions, list) and any(
        isinstance(one, dict) and one.get("type") == "Ready" and one.get("status") == "True"
        for one in conditions
    )


async def numbers(node: Node, at_s: float) -> Numbers:
    """at_s: of the moment. Raises RpcError where the node cannot be reached."""
    (load, memory, stat), (cpus, clocks), (links, disks, processes) = await asyncio.gather(
        asyncio.gather(
            _asked(node, "LoadAvg", pb.LoadAvgResponse),
            _asked(node, "Memory", pb.MemoryResponse),
            _asked(node, "SystemStat", pb.SystemStatResponse),
        ),
        asyncio.gather(
            _asked(node, "CPUInfo", pb.CPUInfoResponse),
            _asked(node, "CPUFreqStats", pb.CPUFreqStatsResponse),
        ),
        asyncio.gather(
            _asked(node, "NetworkDeviceStats", pb.NetworkDeviceStatsResponse),
            _asked(node, "DiskStats", pb.DiskStatsResponse),
            _asked(node, "Processes", pb.ProcessesResponse),
        ),
    )
    seen = next((one.meminfo for one in memory.messages), pb.MemInfo())
    system = next(iter(stat.messages), pb.SystemStat())
    times = system.cpu_total
    outside = [one for each in links.messages for one in each.devices if is_outside(one.name)]
    whole = [one for each in disks.messages for one in each.devices if is_whole(one.name)]
    infos = [one for each in cpus.messages for one in each.cpu_info]
    rates = [one.current_frequency for each in clocks.messages for one in each.cpu_freq_stats]
    return Numbers(
        at_s=at_s,
        boot_time=system.boot_time,
        load=next(((one.load1, one.load5, one.load15) for one in load.messages), (0.0, 0.0, 0.0)),
        memory_total=seen.memtotal * 1024,
        memory_available=seen.memavailable * 1024,
        processors=len(infos),
        processor=next((one.model_name for one in infos), ""),
        frequency_khz=max(rates, default=0),
        busy_s=times.user + times.nice + times.system + times.irq + times.soft_irq + times.steal,
        idle_s=times.idle + times.iowait,
        received=sum(one.rx_bytes for one in outside),
        sent=sum(one.tx_bytes for one in outside),
        read=SECTOR * sum(one.read_sectors for one in whole),
        written=SECTOR * sum(one.write_sectors for one in whole),
        processes=[process(one) for each in processes.messages for one in each.processes],
    )


def process(one: pb.ProcessInfo) -> Process:
    name = one.args or one.executable or f"[{one.command}]"
    return Process(one.pid, name, one.cpu_time, one.resident_memory)


def is_whole(name: str) -> bool:
    """Say whether that is a disk: what partitions and mappings move is counted there as well."""
    return _DISK.fullmatch(name) is not None


def is_outside(name: str) -> bool:
    """Say whether a link leads out of the machine, as far as its name tells."""
    return _INSIDE.fullmatch(name) is None


async def _asked(node: Node, name: str, response: type[R]) -> R:
    """Call a method without arguments; empty where it is not answered."""
    return await _told(node.call(name, Empty(), response, timeout_s=_WAIT_S)) or response()


async def _told(call: Awaitable[T]) -> T | None:
    try:
        return await call
    except RpcError as error:
        if error.code not in _UNTOLD:
            raise
        return None
