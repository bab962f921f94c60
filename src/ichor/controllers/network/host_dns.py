"""HostDNS: the node's DNS server runs as it should.

    network/HostDNSConfig "config"  ─┐
    network/ResolverStatus          ─┼─► plan ─► Listen, Close, Forward, Know
    cluster/Member (all)            ─┘
        ─► network/DNSUpstream (one per server), network/DNSResolveCache (one per socket)

Names of members are those by which nodes know each other, and never leave the cluster.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Struct

from ichor.cosi.controller import Actuator, All, Get, Out
from ichor.cosi.resource import Spec
from ichor.ports.dns import Action, Close, DnsServer, Forward, Host, Know, Listen, Resolving
from ichor.resources.cluster.affiliate import Member
from ichor.resources.network.hostdns import DNSResolveCache, DNSUpstream, HostDNSConfig
from ichor.resources.network.ids import HOST_DNS_CONFIG_ID, RESOLVER_ID
from ichor.resources.network.resolver import ResolverStatus


class Inputs(Struct, frozen=True, kw_only=True):
    config: Annotated[HostDNSConfig | None, Get("network", HOST_DNS_CONFIG_ID)] = None
    resolvers: Annotated[ResolverStatus | None, Get("network", RESOLVER_ID)] = None
    members: Annotated[Mapping[str, Member], All("cluster")] = {}


def plan(inputs: Inputs, resolving: Resolving) -> Iterator[Action]:
    wanted = resolving_of(inputs)
    for address in resolving.listening:
        if address not in wanted.listening:
            yield Close(address=address)
    upstreams = tuple(one.address for one in resolving.upstreams)
    asked = servers(inputs)
    if upstreams != asked:
        yield Forward(upstreams=asked)
    if resolving.hosts != wanted.hosts:
        yield Know(hosts=wanted.hosts)
    for address in wanted.listening:
        if address not in resolving.listening:
            yield Listen(address=address)


def resolving_of(inputs: Inputs) -> Resolving:
    config = inputs.config
    if config is None or not config.enabled:
        return Resolving()
    hosts = member_names(inputs.members) if config.resolve_member_names else ()
    return Resolving(listening=config.listen_addresses, hosts=hosts)


def servers(inputs: Inputs) -> tuple[str, ...]:
    """Give whom to ask; the servers themselves know nothing if we do not listen."""
    if inputs.config is None or not inputs.config.enabled or inputs.resolvers is None:
        return ()
    return inputs.resolvers.dns_servers


def member_names(members: Mapping[str, Member]) -> tuple[Host, ...]:
    found: dict[str, list[str]] = {}
    for name, member in members.items():
        for known in {name.lower(), member.hostname.lower()} - {""}:
            found.setdefault(known, []).extend(member.addresses)
    return tuple(
        Host(name=name, addresses=unique(addresses)) for name, addresses in sorted(found.items())
    )


def unique(addresses: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))


def report(inputs: Inputs, resolving: Resolving) -> Iterator[tuple[str, Spec]]:
    for upstream in resolving.upstreams:
        spec = DNSUpstream(healthy=upstream.healthy, addr=f"{upstream.address}:53")
        yield upstream.address, spec
    for address in resolving.listening:
        for kind in ("tcp", "udp"):
            yield f"{kind}-{address}", DNSResolveCache(status="running")


def host_dns(server: DnsServer) -> Actuator[Inputs, Resolving, Action]:
    return Actuator(
        name="network.HostDNS",
        inputs=Inputs,
        observe=server.observe,
        plan=plan,
        apply=server.apply,
        wakes=server.wakes,
        outputs=[Out(DNSUpstream), Out(DNSResolveCache)],
        report=report,
    )
