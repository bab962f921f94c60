from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from ichor.controllers.network.host_dns import Inputs, plan, report
from ichor.models.dns import model
from ichor.ports.dns import Host, Resolving, Upstream
from ichor.resources.cluster.affiliate import Member
from ichor.resources.network.hostdns import DNSResolveCache, DNSUpstream, HostDNSConfig
from ichor.resources.network.resolver import ResolverStatus

NODE, PODS = "127.0.0.53:53", "169.254.116.108:53"


def inputs(
    *listen: str, servers: tuple[str, ...] = (), members: Mapping[str, Member] | None = None
) -> Inputs:
    return Inputs(
        config=HostDNSConfig(
            enabled=bool(listen), listen_addresses=listen, resolve_member_names=True
        ),
        resolvers=ResolverStatus(dns_servers=servers),
        members=members or {},
    )


def reach(wanted: Inputs, resolving: Resolving) -> Resolving:
    for action in plan(wanted, resolving):
        resolving = model(resolving, action)
    assert list(plan(wanted, resolving)) == []
    return resolving


wishes = st.builds(
    lambda listen, servers: inputs(*listen, servers=tuple(servers)),
    st.lists(st.sampled_from([NODE, PODS]), unique=True),
    st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2"]), unique=True),
)


@given(st.lists(wishes, max_size=4), wishes)
def test_where_it_ends_does_not_depend_on_where_it_was(before: list[Inputs], last: Inputs) -> None:
    resolving = Resolving()
    for wanted in before:
        resolving = reach(wanted, resolving)
    assert reach(last, resolving) == reach(last, Resolving())


def test_turned_off_it_neither_listens_nor_asks() -> None:
    running = reach(inputs(NODE, servers=("10.0.0.1",)), Resolving())
    assert reach(inputs(servers=("10.0.0.1",)), running) == Resolving()


def test_members_are_known_by_their_names() -> None:
    members = {
        "n1": Member(hostname="N1", addresses=("10.5.0.2",)),
        "n2": Member(hostname="other", addresses=("10.5.0.3", "10.5.0.3")),
    }
    assert reach(inputs(NODE, members=members), Resolving()).hosts == (
        Host(name="n1", addresses=("10.5.0.2",)),
        Host(name="n2", addresses=("10.5.0.3",)),
        Host(name="other", addresses=("10.5.0.3",)),
    )


def test_what_runs_is_told() -> None:
    sick = Upstream(address="10.0.0.1", healthy=False)
    found = dict(report(inputs(NODE), Resolving(listening=(NODE,), upstreams=(sick,))))
    assert found == {
        "10.0.0.1": DNSUpstream(healthy=False, addr="10.0.0.1:53"),
        f"tcp-{NODE}": DNSResolveCache(status="running"),
        f"udp-{NODE}": DNSResolveCache(status="running"),
    }
