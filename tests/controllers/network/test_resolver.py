from ichor.config.container import Config
from ichor.config.documents.resolver import HostDNS, Nameserver, ResolverConfig, SearchDomains
from ichor.controllers.network import address_apply
from ichor.controllers.network.address_apply import plan
from ichor.controllers.network.etc_files import etc_files
from ichor.controllers.network.host_dns_config import host_dns_config
from ichor.controllers.network.pod_resolv_conf import pod_resolv_conf
from ichor.controllers.network.resolver import resolver
from ichor.controllers.network.resolver_config import resolver_config
from ichor.cosi.resource import Spec
from ichor.models.network import model
from ichor.ports.network import Address, Link, Network
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.files.etc import EtcFileSpec
from ichor.resources.files.file import FileSpec
from ichor.resources.network.address import AddressSpec
from ichor.resources.network.hostname import HostnameStatus
from ichor.resources.network.ids import HOSTNAME_ID, RESOLVER_ID
from ichor.resources.network.kinds import Layer, Scope
from ichor.resources.network.resolver import ResolverSpec, ResolverStatus
from ichor.testing.engine import World

CONTROLLERS = (resolver_config, resolver, host_dns_config, pod_resolv_conf, etc_files)


def world(document: ResolverConfig | None, *others: tuple[Spec, str]) -> World:
    made = World(CONTROLLERS)
    documents = (document,) if document else ()
    made.put(ActiveConfig(value=Config(documents=documents)), ID)
    for spec, id in others:
        made.put(spec, id, namespace="network-config" if isinstance(spec, ResolverSpec) else "")
    made.settle()
    return made


def node_file(made: World) -> str:
    found = made.spec(EtcFileSpec, "resolv.conf")
    assert found is not None
    return found.contents


def pods_file(made: World) -> str:
    found = made.spec(FileSpec, "/system/resolved/resolv.conf")
    assert found is not None
    return found.content.reveal()


def servers(*addresses: str) -> tuple[Nameserver, ...]:
    return tuple(Nameserver(address=address) for address in addresses)


def test_without_any_server_the_files_are_there_and_empty() -> None:
    made = world(None)
    assert (node_file(made), pods_file(made)) == ("", "")
    assert made.spec(ResolverStatus, RESOLVER_ID) == ResolverStatus()


def test_what_the_configuration_names_wins_over_the_platform() -> None:
    platform = ResolverSpec(
        dns_servers=("10.0.0.1",), search_domains=("lan",), layer=Layer.PLATFORM
    )
    made = world(ResolverConfig(nameservers=servers("10.0.0.9")), (platform, "platform/resolvers"))
    assert node_file(made) == "nameserver 10.0.0.9\nsearch lan\n"
    assert pods_file(made) == node_file(made)


def test_the_own_domain_is_searched_first_unless_that_is_turned_off() -> None:
    name = (HostnameStatus(hostname="a", domainname="example.org"), HOSTNAME_ID)
    listed = ("lan", "example.org")
    made = world(ResolverConfig(search_domains=SearchDomains(domains=listed)), name)
    assert node_file(made) == "search example.org lan\n"
    off = SearchDomains(domains=("lan",), disable_default=True)
    assert node_file(world(ResolverConfig(search_domains=off), name)) == "search lan\n"


def test_with_host_dns_the_node_asks_itself_and_pods_ask_a_server_they_can_reach() -> None:
    document = ResolverConfig(nameservers=servers("10.0.0.9"), host_dns=HostDNS(enabled=True))
    made = world(document)
    assert node_file(made) == "nameserver 127.0.0.53\n"
    assert pods_file(made) == "nameserver 10.0.0.9\n"
    assert made.specs(AddressSpec, "network-config") == {}


def test_pods_ask_the_nodes_service_address_when_that_is_wished() -> None:
    both = HostDNS(enabled=True, forward_kube_dns_to_host=True)
    made = world(ResolverConfig(host_dns=both))
    assert pods_file(made) == "nameserver 169.254.116.108\n"
    offered = made.specs(AddressSpec, "network-config").values()
    assert [(one.link_name, one.address) for one in offered] == [("lo", "169.254.116.108/32")]


LO = Link(name="lo", index=1, loopback=True)


def test_an_added_loopback_address_comes_and_goes_and_others_stay() -> None:
    eth0 = Link(name="eth0", index=2, up=True)
    foreign = Address(link="eth0", address="10.5.0.2/24")
    network = Network(links=(LO, eth0), addresses=(foreign,))
    service = AddressSpec(address="169.254.116.108/32", link_name="lo", scope=Scope.HOST)
    wanted = address_apply.Inputs(wanted=(service,))
    for action in plan(wanted, network):
        network = model(network, action)
    assert {one.address for one in network.addresses} >= {"169.254.116.108/32", "127.0.0.1/8"}
    assert list(plan(wanted, network)) == []
    for action in plan(address_apply.Inputs(), network):
        network = model(network, action)
    assert {one.address for one in network.addresses} == {"127.0.0.1/8", "10.5.0.2/24"}


def test_an_address_waits_for_its_link() -> None:
    later = AddressSpec(address="10.0.0.1/24", link_name="later")
    assert list(plan(address_apply.Inputs(wanted=(later,)), Network())) == []
