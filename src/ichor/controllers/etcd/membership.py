"""Membership: this control plane becomes a member of etcd by its own directive.

    etcd/EtcdSpec, etcd/EtcdBootstrap  ─┐
    controlplane/Endpoint (all)        ─┼─► plan ─► AskAt, Remove, AddLearner, Decide, Promote,
    files/FileStatus (admin.*)         ─┤             Leave, Cease, Discard
    runtime/ServiceStatus "etcd"       ─┤           ─► etcd/EtcdStart, etcd/EtcdMember
    etcd/EtcdLeave                     ─┘           ─► etcd/EtcdLeaveStatus, runtime/Diagnostic

Which step is next is decided by `join`. How etcd begins is decided once a boot: the arguments of a
running member must not change because its data directory has filled meanwhile.

A member that is to leave does so through the others; then etcd stops, and its data go: a member
that was removed can never use them again, and without them the next boot joins anew. The last
voter has nobody to leave to.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from msgspec import Struct

from ichor.controllers.etcd import join
from ichor.controllers.etcd.args import PEER_PORT, urls
from ichor.controllers.secrets.etcd import DIRECTORY
from ichor.cosi.controller import Actuator, All, Get, Out, Yield
from ichor.ports.etcd import Member
from ichor.ports.membership import (
    Action,
    AddLearner,
    AskAt,
    Cease,
    Decide,
    Discard,
    EtcdMembership,
    Leave,
    Membership,
    Promote,
    Remove,
    Start,
)
from ichor.resources.etcd.bootstrap import ID as BOOTSTRAP_ID
from ichor.resources.etcd.bootstrap import EtcdBootstrap
from ichor.resources.etcd.ids import SPEC_ID
from ichor.resources.etcd.member import EtcdMember, EtcdSpec
from ichor.resources.etcd.start import START_ID, EtcdStart
from ichor.resources.files.file import FileStatus
from ichor.resources.k8s.endpoint import Endpoint
from ichor.resources.k8s.ids import CONTROL_PLANE_NAMESPACE_NAME
from ichor.resources.runtime.diagnostic import Diagnostic
from ichor.resources.runtime.ending import EtcdLeave, EtcdLeaveStatus
from ichor.resources.runtime.service_status import ServiceStatus

RESYNC = timedelta(seconds=2)
LOCAL = "127.0.0.1"
NEEDED = ("ca.crt", "admin.crt", "admin.key")
DISTRUST_ID = "etcd-distrust"
DISTRUST = (
    "this node and etcd's members do not trust each other's certificates: "
    "cluster.etcd.ca must be that of the other control planes"
)


class Inputs(Struct, frozen=True, kw_only=True):
    spec: Annotated[EtcdSpec | None, Get("etcd", SPEC_ID)] = None
    bootstrap: Annotated[EtcdBootstrap | None, Get("etcd", BOOTSTRAP_ID)] = None
    endpoints: Annotated[Sequence[Endpoint], All(CONTROL_PLANE_NAMESPACE_NAME)] = ()
    files: Annotated[Mapping[str, FileStatus], All("files", ids=f"^{DIRECTORY}/")] = {}
    leave: Annotated[Mapping[str, EtcdLeave], All("etcd")] = {}
    service: Annotated[Mapping[str, ServiceStatus], All("runtime", ids="^etcd$")] = {}


def plan(inputs: Inputs, observed: Membership) -> Iterator[Action]:
    spec = inputs.spec
    if spec is None or not all(f"{DIRECTORY}/{name}" in inputs.files for name in NEEDED):
        return
    hosts = voters(inputs, spec, is_running=observed.decided is not None)
    if hosts != observed.voters:
        yield AskAt(hosts=hosts)
        return
    node = this_node(inputs, spec, observed)
    if inputs.leave:
        yield from departure(inputs, spec, observed)
        return
    if observed.decided is None:
        yield from steps(node, observed)
        return
    learner = join.promotes(node, observed.members)
    if learner is not None:
        yield Promote(member_id=learner.id)


def voters(inputs: Inputs, spec: EtcdSpec, *, is_running: bool) -> tuple[str, ...]:
    """Give the hosts to ask: the other control planes, and this one once it is a member."""
    own = set(spec.advertised_addresses)
    others = {
        address for one in inputs.endpoints for address in one.addresses if address not in own
    }
    return tuple(sorted(others)) + ((LOCAL,) if is_running else ())


def this_node(inputs: Inputs, spec: EtcdSpec, observed: Membership) -> join.Node:
    return join.Node(
        name=spec.name,
        peer_urls=urls(spec.advertised_addresses, PEER_PORT),
        has_data=observed.has_data,
        bootstraps=inputs.bootstrap is not None,
    )


def steps(node: join.Node, observed: Membership) -> Iterator[Action]:
    match join.step(node, observed.members):
        case join.Start(initial):
            start = Start(state=initial.state, members=initial.members) if initial else Start()
            yield Decide(start=start)
        case join.Remove(member):
            yield Remove(member_id=member.id)
        case join.AddLearner(peer_urls):
            yield AddLearner(peer_urls=peer_urls)
        case join.Wait():
            return


def departure(inputs: Inputs, spec: EtcdSpec, observed: Membership) -> Iterator[Action]:
    own = own_member(spec, observed)
    if own is not None:
        successor = join.successor(own.id, observed.members)
        if successor is not None:
            yield Leave(member_id=own.id, successor=successor)
    elif not observed.members:  # nobody answers, which says nothing
        return
    elif observed.decided is not None:
        yield Cease()
    elif observed.has_data and not inputs.service:
        yield Discard()


def departed(inputs: Inputs, observed: Membership) -> EtcdLeaveStatus | None:
    """Say what became of leaving; None while that is open."""
    member = own_member(inputs.spec, observed) if inputs.spec else None
    if member is not None:
        is_last = join.successor(member.id, observed.members) is None
        return EtcdLeaveStatus(left=False, why="is the last voter") if is_last else None
    if inputs.spec is not None and (observed.decided is not None or observed.has_data):
        return None
    return EtcdLeaveStatus(left=True, why="is no member")


def own_member(spec: EtcdSpec, observed: Membership) -> Member | None:
    """Give this node's member; one that never started has no name yet."""
    own = set(urls(spec.advertised_addresses, PEER_PORT))
    found = (
        one
        for one in observed.members
        if one.name == spec.name or (not one.name and own & set(one.peer_urls))
    )
    return next(found, None)


def report(inputs: Inputs, observed: Membership) -> Iterator[Yield]:
    status = departed(inputs, observed)
    if status is not None:
        yield from ((id, status) for id in inputs.leave)
    if observed.decided is not None:
        start = observed.decided
        yield START_ID, EtcdStart(state=start.state, members=start.members)
    if observed.distrust and observed.decided is None:
        yield DISTRUST_ID, Diagnostic(message=DISTRUST, details=(observed.distrust,))
    if inputs.spec is not None:
        own = [member for member in observed.members if member.name == inputs.spec.name]
        for member in own[:1]:
            yield "local", EtcdMember(member_id=f"{member.id:016x}")


def membership(port: EtcdMembership) -> Actuator[Inputs, Membership, Action]:
    return Actuator(
        name="etcd.Membership",
        inputs=Inputs,
        observe=port.observe,
        plan=plan,
        apply=port.apply,
        resync=RESYNC,
        outputs=[Out(EtcdStart), Out(EtcdMember), Out(EtcdLeaveStatus), Out(Diagnostic)],
        report=report,
    )
