"""Discovery: this node is announced to every service, and whoever they know becomes known.

    config/DiscoveryConfig "cluster" ─┐
    cluster/Identity "local"         ─┼─► plan ─► Announce, Leave
    cluster/Affiliate <node id>      ─┤
    runtime/MachineResetSignal       ─┘   report ─► cluster-raw/Affiliate "service/<node id>"

What several services say of one node is joined: the first one's description, everybody's
endpoints. Without a configuration, or with a reset under way, the node withdraws.
"""

import base64
from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from ichor.config.secret import Secret
from ichor.cosi.controller import Actuator, All, Get, Out, Output, Yield
from ichor.ports import discovery as port
from ichor.ports.rendezvous import Action, Announce, Leave, Rendezvous, Session
from ichor.resources.cluster.affiliate import Affiliate, ControlPlane, KubeSpanAffiliate
from ichor.resources.cluster.identity import DiscoveryConfig, Identity
from ichor.resources.cluster.ids import CONFIG_ID, LOCAL_IDENTITY, RAW_NAMESPACE_NAME
from ichor.resources.config.kinds import MachineKind
from ichor.resources.runtime.ids import MACHINE_RESET_SIGNAL_ID
from ichor.resources.runtime.machine import MachineResetSignal

PREFIX = "service/"


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[DiscoveryConfig | None, Get("config", CONFIG_ID)] = None
    identity: Annotated[Identity | None, Get("cluster", LOCAL_IDENTITY)] = None
    affiliates: Annotated[Mapping[str, Affiliate], All("cluster")] = {}
    reset: Annotated[MachineResetSignal | None, Get("runtime", MACHINE_RESET_SIGNAL_ID)] = None


Observed = Mapping[str, Session]


def plan(inputs: Inputs, observed: Observed) -> Iterator[Action]:
    wanted = {one.service: one for one in announcements(inputs)}
    for service in sorted(observed.keys() - wanted.keys()):
        yield Leave(service=service)
    for service, announce in wanted.items():
        if service not in observed or observed[service].said != announce:
            yield announce


def announcements(inputs: Inputs) -> Iterator[Announce]:
    if inputs.config is None or inputs.identity is None or inputs.reset is not None:
        return
    own = inputs.affiliates.get(inputs.identity.node_id)
    if own is None or not inputs.config.registry_service_enabled:
        return
    for service in inputs.config.service_endpoints:
        yield Announce(
            service=service.endpoint,
            insecure=service.insecure,
            cluster_id=inputs.config.service_cluster_id,
            secret=Secret(base64.b64encode(inputs.config.service_encryption_key).decode()),
            affiliate=told(own),
        )


def report(inputs: Inputs, observed: Observed) -> Iterator[Yield]:
    heard: dict[str, Affiliate] = {}
    for session in observed.values():
        for id, found in session.found.items():
            heard[id] = joined(heard.get(id), read(found))
    for id, affiliate in heard.items():
        yield Output(id=f"{PREFIX}{id}", spec=affiliate, namespace=RAW_NAMESPACE_NAME)


def told(own: Affiliate) -> port.Affiliate:
    """Say what a service is told of this node."""
    return port.Affiliate(
        node_id=own.node_id,
        addresses=own.addresses,
        hostname=own.hostname,
        nodename=own.nodename,
        machine_type=own.machine_type.value,
        operating_system=own.operating_system,
        api_server_port=own.control_plane.port if own.control_plane else None,
    )


def read(found: port.Found) -> Affiliate:
    """Take a description as it was told; a machine type nobody knows is unknown."""
    one = found.affiliate
    types = {kind.value: kind for kind in MachineKind}
    return Affiliate(
        node_id=one.node_id,
        addresses=one.addresses,
        hostname=one.hostname,
        nodename=one.nodename,
        operating_system=one.operating_system,
        machine_type=types.get(one.machine_type, MachineKind.UNKNOWN),
        kubespan=mesh(one.kubespan, found.endpoints),
        control_plane=ControlPlane(port=one.api_server_port) if one.api_server_port else None,
    )


def mesh(
    kubespan: port.KubeSpan | None, endpoints: tuple[port.Endpoint, ...]
) -> KubeSpanAffiliate | None:
    if kubespan is None:
        return None
    return KubeSpanAffiliate(
        public_key=kubespan.public_key,
        address=kubespan.address,
        additional_addresses=tuple(f"{p.address}/{p.bits}" for p in kubespan.additional_addresses),
        endpoints=tuple(address_port(one) for one in endpoints),
        exclude_advertised_networks=tuple(
            f"{p.address}/{p.bits}" for p in kubespan.exclude_advertised
        ),
    )


def address_port(endpoint: port.Endpoint) -> str:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{host}:{endpoint.port}"


def joined(first: Affiliate | None, second: Affiliate) -> Affiliate:
    """Join what two services say of a node."""
    if first is None or first.kubespan is None or second.kubespan is None:
        return first or second
    both = dict.fromkeys((*first.kubespan.endpoints, *second.kubespan.endpoints))
    return replace(first, kubespan=replace(first.kubespan, endpoints=tuple(both)))


def discovery(rendezvous: Rendezvous) -> Actuator[Inputs, Observed, Action]:
    return Actuator(
        name="cluster.Discovery",
        inputs=Inputs,
        observe=rendezvous.observe,
        plan=plan,
        apply=rendezvous.apply,
        wakes=rendezvous.wakes,
        outputs=[Out(Affiliate, RAW_NAMESPACE_NAME)],
        report=report,
    )
