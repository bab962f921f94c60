"""`ichor netstat`: sockets of machines and their pods."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from ichor.cli.node import Target, calls_machines
from ichor.cli.table import print_table
from ichor.errors import InputError, NotFound

if TYPE_CHECKING:
    from ichor.client.machine import Node
    from ichor.proto.machine import machine_pb2 as pb

_USUAL: Final = ("tcp", "udp")
_ALL: Final = ("tcp", "udp", "udplite", "raw")
_WAIT_S: Final = 60


class Shown(NamedTuple):
    """What of a socket is shown besides its ends."""

    extended: bool
    programs: bool
    timers: bool
    pods: bool


class Answer(NamedTuple):
    """pods: by the names of their networks."""

    sockets: "pb.NetstatResponse"
    pods: Mapping[str, str]


@click.command()
@click.argument("pod", metavar="[NAMESPACE/POD]", default="")
@click.option("-a", "--all", "every", is_flag=True, help="In all states; else with a peer.")
@click.option("-l", "--listening", is_flag=True, help="Only those without a peer.")
@click.option("-x", "--extend", is_flag=True, help="Users and inodes, too.")
@click.option("-p", "--programs", is_flag=True, help="Processes, too.")
@click.option("-o", "--timers", is_flag=True, help="Timers, too.")
@click.option("-k", "--pods", is_flag=True, help="Of pods, too.")
@click.option("-t", "--tcp", is_flag=True, help="Only these protocols: TCP.")
@click.option("-u", "--udp", is_flag=True, help="UDP.")
@click.option("-U", "--udplite", is_flag=True, help="UDP-Lite.")
@click.option("-w", "--raw", is_flag=True, help="Raw IP.")
@click.option("-4", "--ipv4", is_flag=True, help="Only IPv4.")
@click.option("-6", "--ipv6", is_flag=True, help="Only IPv6.")
@click.option("-v", "--verbose", is_flag=True, help="All protocols; else TCP and UDP.")
@calls_machines
def netstat(target: Target, /, pod: str, **flags: bool) -> None:
    """Show sockets of machines, or of a pod."""
    from ichor.proto.machine import machine_pb2 as pb

    if pod and "/" not in pod:
        raise InputError(f"{pod!r} names no pod", hint="write it like kube-system/coredns-x")
    chosen = [name for name in _ALL if flags[name]]
    request = pb.NetstatRequest(
        filter=states(every=flags["every"], listening=flags["listening"]),
        feature=pb.NetstatRequest.Feature(pid=flags["programs"]),
        l4proto=pb.NetstatRequest.L4proto(
            **dict.fromkeys(
                protocols(
                    chosen or (_ALL if flags["verbose"] else _USUAL),
                    ipv4=flags["ipv4"],
                    ipv6=flags["ipv6"],
                ),
                True,
            )
        ),
        netns=pb.NetstatRequest.NetNS(hostnetwork=not pod, allnetns=flags["pods"] and not pod),
    )
    has_pods = flags["pods"] or bool(pod)

    async def ask(node: "Node") -> Answer:
        pods = await names(node) if has_pods else {}
        own = pb.NetstatRequest()
        own.CopyFrom(request)
        if pod:
            own.netns.netns.extend(name for name, one in pods.items() if one == pod)
            if not own.netns.netns:
                raise NotFound(f"pod {pod!r} has no network of its own here")
        answer = await node.call("Netstat", own, pb.NetstatResponse, timeout_s=_WAIT_S)
        return Answer(answer, pods)

    shown = Shown(flags["extend"], flags["programs"], flags["timers"], has_pods)
    target.each(ask, lambda answers: show(answers, shown))


async def names(node: "Node") -> Mapping[str, str]:
    """Give pods by the names of their networks."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.ContainersRequest(namespace="k8s.io", driver="CRI")
    answer = await node.call("Containers", request, pb.ContainersResponse, timeout_s=_WAIT_S)
    return {
        one.network_namespace: one.pod_id
        for message in answer.messages
        for one in message.containers
        if one.network_namespace
    }


def states(*, every: bool, listening: bool) -> "pb.NetstatRequest.Filter":
    from ichor.proto.machine.machine_pb2 import NetstatRequest

    if every:
        return NetstatRequest.ALL
    return NetstatRequest.LISTENING if listening else NetstatRequest.CONNECTED


def protocols(chosen: Iterable[str], *, ipv4: bool, ipv6: bool) -> Iterator[str]:
    """Yield fields of the request; of neither family both are meant."""
    for name in chosen:
        if ipv4 or not ipv6:
            yield name
        if ipv6 or not ipv4:
            yield f"{name}6"


def show(answers: Sequence[tuple[str, Answer]], shown: Shown) -> None:
    heading = ["NODE", "PROTO", "RECV-Q", "SEND-Q", "LOCAL", "REMOTE", "STATE"]
    extra = {"UID": shown.extended, "INODE": shown.extended}
    more = {"TIMER": shown.timers, "PROGRAM": shown.programs, "POD": shown.pods}
    wanted = [name for name, is_wanted in (extra | more).items() if is_wanted]
    rows = [[*heading, *wanted]]
    for node, answer in answers:
        records = [one for message in answer.sockets.messages for one in message.connectrecord]
        for one in records:
            found = cells(one, answer.pods)
            rows.append([node, *ends(one), *(found[name] for name in wanted)])
    print_table(rows)


def ends(one: "pb.ConnectRecord") -> list[str]:
    from ichor.proto.machine.machine_pb2 import ConnectRecord

    local, remote = end(one.localip, one.localport), end(one.remoteip, one.remoteport)
    is_tcp = one.l4proto.startswith("tcp")
    state = ConnectRecord.State.Name(one.state) if is_tcp or one.state == 1 else ""
    return [one.l4proto, str(one.rxqueue), str(one.txqueue), local, remote, state]


def end(host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port or '*'}"


def cells(one: "pb.ConnectRecord", pods: Mapping[str, str]) -> Mapping[str, str]:
    from ichor.proto.machine.machine_pb2 import ConnectRecord

    timer = ConnectRecord.TimerActive.Name(one.tr).lower()
    holder = f"{one.process.pid}/{one.process.name}" if one.process.pid else "-"
    return {
        "UID": str(one.uid),
        "INODE": str(one.inode),
        "TIMER": f"{timer} ({one.timerwhen / 100:.2f}/{one.retrnsmt}/{one.timeout})",
        "PROGRAM": holder,
        "POD": pods.get(one.netns, one.netns) or "-",
    }
