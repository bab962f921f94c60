"""Old configurations, all in the main document: each value finds its place, or is refused."""

import base64
from collections.abc import Mapping
from copy import deepcopy
from typing import cast

import pytest
from tests.config import samples
from tests.config.facts import rows

from ichor.config import lower_rules as rules
from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.document import Document
from ichor.config.documents.discovery_service import DiscoveryServiceConfig
from ichor.config.documents.hostname import HostnameConfig
from ichor.config.documents.kube_coredns import KubeCoreDNSConfig
from ichor.config.documents.kube_flannel import KubeFlannelCNIConfig
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.config.documents.kube_prism import KubePrismConfig
from ichor.config.documents.kube_proxy import KubeProxyConfig
from ichor.config.documents.kube_static_pod import KubeStaticPodConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.documents.registry import (
    Endpoint,
    RegistryAuthConfig,
    RegistryMirrorConfig,
    RegistryTLSConfig,
)
from ichor.config.documents.resolver import Nameserver, ResolverConfig
from ichor.config.documents.static_host import StaticHostConfig
from ichor.config.documents.time_sync import TimeSyncConfig
from ichor.config.documents.v1alpha1 import CertAndKey
from ichor.config.encode import encode
from ichor.config.patch import apply_to, read
from ichor.config.shape import struct_of
from ichor.config.validate import validate
from ichor.formats.yaml.problem import Problems
from ichor.formats.yaml.values import Value
from ichor.formats.yaml.write import dump

Map = dict[str, Value]
SECRETS = samples.secrets()
WIREGUARD = base64.b64encode(bytes(31) + b"1").decode()


def text64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def pair(held: CertAndKey, *, key: bool = True) -> Map:
    return {"crt": text64(held.crt), "key": text64(held.key.reveal()) if key else ""}


def old(machine: str = "controlplane", /, **more: Value) -> Map:
    """Give what a generator of the old form writes; more: `machine__network` and so on."""
    is_plane, certs = machine == "controlplane", SECRETS.certs
    cluster: Map = {
        "id": SECRETS.cluster.id,
        "secret": SECRETS.cluster.secret.reveal(),
        "controlPlane": {"endpoint": "https://192.0.2.1:6443"},
        "clusterName": "CLUSTER",
        "network": {
            "dnsDomain": "cluster.local",
            "podSubnets": ["10.244.0.0/16"],
            "serviceSubnets": ["10.96.0.0/12"],
        },
        "token": SECRETS.secrets.bootstrap.reveal(),
        "ca": pair(certs.kubernetes, key=is_plane),
    }
    if is_plane:
        assert SECRETS.secrets.secretbox is not None
        cluster |= {
            "secretboxEncryptionSecret": SECRETS.secrets.secretbox.reveal(),
            "aggregatorCA": pair(certs.aggregator),
            "serviceAccount": {"key": text64(certs.service_account.key.reveal())},
            "apiServer": {"disablePodSecurityPolicy": True, "certSANs": ["192.0.2.1"]},
            "controllerManager": {},
            "proxy": {},
            "scheduler": {},
            "etcd": {"ca": pair(certs.etcd)},
            "extraManifests": [],
        }
    document: Map = {
        "version": "v1alpha1",
        "machine": {
            "type": machine,
            "token": SECRETS.trustd.token.reveal(),
            "ca": pair(certs.os, key=is_plane),
            "certSANs": [],
            "kubelet": {
                "defaultRuntimeSeccompProfileEnabled": True,
                "disableManifestsDirectory": True,
            },
            "network": {},
            "install": {"disk": "/dev/sda", "wipe": False},
            "registries": {},
            "features": {
                "rbac": True,
                "stableHostname": True,
                "apidCheckExtKeyUsage": True,
                "diskQuotaSupport": True,
                "kubePrism": {"enabled": True, "port": 7445},
                "hostDNS": {"enabled": True, "forwardKubeDNSToHost": True},
            },
        },
        "cluster": cluster,
    }
    for path, value in more.items():
        node = document
        *above, last = path.split("__")
        for name in above:
            node = cast("Map", node.setdefault(name, {}))
        node[last] = value
    return document


def lowered(document: Map, *others: str) -> Config:
    return decode("---\n".join((dump(document), *others)), file="f.yaml")


def faults(document: Map, *others: str) -> str:
    with pytest.raises(Problems) as caught:
        lowered(document, *others)
    return str(caught.value)


@pytest.mark.parametrize("machine", ["controlplane", "worker"])
def test_an_old_configuration_is_as_good_as_a_new_one(machine: str) -> None:
    config = lowered(old(machine))
    assert validate(config, "container").errors == ()
    again = decode(encode(config))
    assert again.documents == Config(documents=again.documents).documents
    assert again.notes == ()


def test_an_old_control_plane_says_what_a_new_one_says() -> None:
    """Both from the same secrets; what an old one has no word for is the default."""
    new = {type(one): one for one in samples.control_plane().documents}
    for document in lowered(old()).documents:
        same = new.get(type(document))
        if same is not None and document.KIND not in DIFFERENT:
            assert struct_of(type(document)).encode(document) == struct_of(type(same)).encode(
                same
            ), document.KIND


# The image's name, the load balancers' label, the name of the host.
DIFFERENT = frozenset(
    {
        "v1alpha1",
        "KubeNodeConfig",
        "KubeletConfig",
        "KubeAPIServerConfig",
        "KubeControllerManagerConfig",
        "KubeSchedulerConfig",
        "KubeProxyConfig",
    }
)


def test_old_fields_are_warned_of_with_what_replaces_them() -> None:
    warnings = validate(lowered(old()), "container").warnings
    assert "machine.kubelet: the old form of KubeStaticPodConfig, KubeletConfig" in warnings
    assert "cluster.ca: the old form of KubeAPIServerCAConfig" in warnings


def one(document: Map, kind: type[Document]) -> Document:
    found = [each for each in lowered(document).documents if isinstance(each, kind)]
    (only,) = found
    return only


REGISTRY = "registry.example.com"
STATIC = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
NODE = {"node-role.kubernetes.io/control-plane": "NoSchedule"}


@pytest.mark.parametrize(
    ("path", "value", "kind", "attribute", "expected"),
    [
        pytest.param(
            "machine__network__hostname", "a", HostnameConfig, "hostname", "a", id="name-wins"
        ),
        pytest.param(
            "machine__network__nameservers",
            ["192.0.2.53"],
            ResolverConfig,
            "nameservers",
            (Nameserver(address="192.0.2.53"),),
            id="nameservers",
        ),
        pytest.param(
            "machine__network__extraHostEntries",
            [{"ip": "192.0.2.9", "aliases": ["h"]}],
            StaticHostConfig,
            "hostnames",
            ("h",),
            id="hosts",
        ),
        pytest.param(
            "machine__kubelet__extraArgs",
            {"v": 2},
            KubeletConfig,
            "extra_args",
            {"v": "2"},
            id="arguments",
        ),
        pytest.param(
            "machine__kubelet__nodeIP",
            {"validSubnets": ["10.0.0.0/8"]},
            KubeNodeConfig,
            "taints",
            NODE,
            id="taint-is-implied",
        ),
        pytest.param(
            "cluster__allowSchedulingOnControlPlanes", True, KubeNodeConfig, "taints", {}, id="open"
        ),
        pytest.param(
            "machine__pods", [STATIC], KubeStaticPodConfig, "name", "web", id="static-pods"
        ),
        pytest.param(
            "machine__registries__mirrors",
            {REGISTRY: {"endpoints": ["http://192.0.2.4"], "overridePath": True}},
            RegistryMirrorConfig,
            "endpoints",
            (Endpoint(url="http://192.0.2.4", override_path=True),),
            id="mirrors",
        ),
        pytest.param(
            "machine__registries__config",
            {REGISTRY: {"auth": {"username": "u", "password": "p"}}},
            RegistryAuthConfig,
            "username",
            "u",
            id="registry-access",
        ),
        pytest.param(
            "machine__registries__config",
            {REGISTRY: {"tls": {"ca": text64(SECRETS.certs.os.crt), "insecureSkipVerify": False}}},
            RegistryTLSConfig,
            "ca",
            SECRETS.certs.os.crt,
            id="registry-trust",
        ),
        pytest.param("cluster__proxy", {"disabled": True}, KubeProxyConfig, "enabled", False),
        pytest.param("cluster__coreDNS", {"disabled": True}, KubeCoreDNSConfig, "enabled", False),
        pytest.param(
            "cluster__discovery",
            {"enabled": True},
            DiscoveryServiceConfig,
            "endpoint",
            rules.ENDPOINT,
            id="discovery",
        ),
    ],
)
def test_a_value_stands_where_it_is_said_now(
    path: str, value: Value, kind: type[Document], attribute: str, expected: object
) -> None:
    assert getattr(one(old(**{path: value}), kind), attribute) == expected


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        pytest.param("cluster__network__cni", {"name": "none"}, KubeFlannelCNIConfig, id="no-cni"),
        pytest.param("machine__features__kubePrism", {}, KubePrismConfig, id="no-kubeprism"),
        pytest.param(
            "cluster__discovery", {"enabled": False}, DiscoveryServiceConfig, id="no-discovery"
        ),
    ],
)
def test_what_was_off_has_no_document(path: str, value: Value, kind: type[Document]) -> None:
    assert not [each for each in lowered(old(**{path: value})).documents if isinstance(each, kind)]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        pytest.param(
            "machine__kubelet__extraMounts",
            [{"source": "/a"}],
            r"\$.machine.kubelet.extraMounts: known, not supported yet",
            id="known",
        ),
        pytest.param(
            "machine__kubelet__extraArg",
            {"v": "2"},
            r"\$.machine.kubelet.extraArg: unknown field (hint: did you mean extraArgs?)",
            id="unknown",
        ),
        pytest.param(
            "machine__network__nameserver",
            [],
            r"\$.machine.network.nameserver: unknown field (hint: did you mean nameservers?)",
            id="unknown-and-empty",
        ),
        pytest.param("machine__diskz", [], r"\$.machine.diskz: unknown field", id="unknown-part"),
        pytest.param(
            "machine__network__interfaces",
            [{"interface": "eth0", "ignore": True}],
            r"\$.machine.network.interfaces.ignore: has no place in the documents of today",
            id="interfaces",
        ),
        pytest.param(
            "machine__network__interfaces",
            [{"interface": "eth0", "vip": {"ip": "192.0.2.9", "hcloud": {"apiToken": "x"}}}],
            r"\$.machine.network.interfaces.vip.hcloud: known, not supported yet",
            id="shared-by-a-provider",
        ),
        pytest.param(
            "machine__network__interfaces",
            [{"interface": "eth0", "vip": {"equinixMetal": {"apiToken": "x"}}}],
            r"\$.machine.network.interfaces.vip.ip: a required field is missing",
            id="shared-nothing",
        ),
        pytest.param(
            "machine__registries__config",
            {"r.example": {"tls": {"cas": "x"}}},
            r"\$.machine.registries.config.r.example.tls.cas: unknown field",
            id="registry",
        ),
        pytest.param("machine__time", {"server": ["a"]}, r"\$.machine.time.server: unknown field"),
        pytest.param(
            "cluster__ca", {"crt": "%", "key": ""}, r"\$.cluster.ca.crt: expected base64 of text"
        ),
        pytest.param(
            "cluster__network__podSubnets", ["x"], "podSubnets[0]: expected a network such as"
        ),
        pytest.param(
            "cluster__discovery",
            {"enabled": True, "registries": {"kubernetes": {"disabled": False}}},
            "kubernetes.disabled: false is known, not supported yet",
            id="kubernetes-registry",
        ),
    ],
)
def test_what_has_no_place_is_refused_by_its_name(path: str, value: Value, message: str) -> None:
    assert message.replace("\\", "") in faults(old(**{path: value}))


def test_a_fault_is_told_with_the_line_of_the_old_field() -> None:
    text = dump(old(machine__features__kubePrism={"enabled": True, "port": 0}))
    line = text.split("\n").index("            port: 0") + 1
    with pytest.raises(Problems, match=rf"f.yaml:{line}: KubePrismConfig \$.port: expected"):
        decode(text, file="f.yaml")


def test_a_value_in_both_forms_is_an_error() -> None:
    port = "apiVersion: v1alpha1\nkind: KubePrismConfig\nport: 7446\n"
    assert "KubePrismConfig $.port: given here and on line" in faults(old(), port)


def test_a_new_document_says_what_the_old_form_does_not() -> None:
    kubelet = "apiVersion: v1alpha1\nkind: KubeletConfig\nimage: given\n"
    found = one_of(lowered(old(), kubelet), KubeletConfig)
    assert (found.image, found.default_runtime_seccomp_profile_enabled) == ("given", True)


def one_of(config: Config, kind: type[KubeletConfig]) -> KubeletConfig:
    found = config.one(kind)
    assert found is not None
    return found


def test_an_old_patch_changes_the_document_that_says_it_now() -> None:
    patch = dump({"machine": {"kubelet": {"extraArgs": {"v": "4"}}, "network": {"hostname": "b"}}})
    config = samples.control_plane()
    patched = apply_to(config, read(patch))
    assert one_of(patched, KubeletConfig).extra_args == {"v": "4"}
    assert one_of(patched, KubeletConfig).image == one_of(config, KubeletConfig).image
    assert patched.one(HostnameConfig) == HostnameConfig(hostname="b")


@pytest.mark.parametrize(("allowed", "taints"), [(True, {}), (False, NODE)])
def test_an_old_patch_opens_control_planes_for_pods(
    allowed: bool, taints: Mapping[str, str]
) -> None:
    patch = read(dump({"cluster": {"allowSchedulingOnControlPlanes": allowed}}))
    node = apply_to(samples.control_plane(), patch).one(KubeNodeConfig)
    assert node is not None
    assert node.taints == taints


def test_a_patch_lies_over_an_old_configuration() -> None:
    from ichor.config.patch import apply

    patch = "apiVersion: v1alpha1\nkind: KubePrismConfig\nport: 7447\n"
    patched = decode(apply(dump(old()), read(patch)))
    prism = patched.one(KubePrismConfig)
    assert prism is not None
    assert prism.port == 7447


def test_an_old_field_cannot_be_removed_by_a_patch() -> None:
    with pytest.raises(Problems, match="an old field cannot be removed"):
        read("machine: {network: {hostname: {$patch: delete}}}")


def test_every_old_field_of_the_facts_has_a_place_or_a_name() -> None:
    fields = [row for row in rows("config_schema.tsv") if row["kind"].startswith("(v1alpha1")]
    paths = {tuple(row["path"].split(".")) for row in fields}
    moved = {tuple(path.split(".")) for path in (*rules.MOVES, *rules.TAKEN)}
    assert moved - paths == {
        ("cluster", "serviceAccount", "key")
    }  # its parent has a type of its own
    for container in rules.CONTAINERS:
        known = rules.KNOWN.get(".".join(container), frozenset())
        within = {path for path in paths if path[:-1] == container}
        assert {
            path for path in within - moved - rules.CONTAINERS if path[-1] not in known
        } == set()


def test_lowering_leaves_its_input_alone() -> None:
    document = old()
    before = deepcopy(document)
    lowered(document)
    assert document == before


INTERFACES: list[Value] = [
    {
        "interface": "eth0",
        "addresses": ["192.0.2.10/24"],
        "routes": [{"network": "0.0.0.0/0", "gateway": "192.0.2.1", "metric": 7}],
        "mtu": 9000,
        "vlans": [
            {
                "vlanId": 5,
                "cidr": "198.51.100.1/24",
                "dhcp": False,
                "routes": [],
                "vip": {"ip": "198.51.100.9"},
            }
        ],
        "vip": {"ip": "192.0.2.9"},
    },
    {
        "interface": "bond0",
        "dhcp": True,
        "dhcpOptions": {"routeMetric": 30, "ipv6": True, "duidv6": "00:03:00:01"},
        "bond": {"interfaces": ["eth1", "eth2"], "mode": "802.3ad", "lacpRate": "fast"},
    },
    {
        "interface": "br0",
        "bridge": {"interfaces": ["eth3"], "vlan": {"vlanFiltering": True}},
    },
    {"interface": "dummy0", "dummy": True},
    {"interface": "wg0", "wireguard": {"privateKey": WIREGUARD, "listenPort": 51820}},
]
LOWERED = """
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 192.0.2.9
link: eth0
---
apiVersion: v1alpha1
kind: Layer2VIPConfig
name: 198.51.100.9
link: eth0.5
---
apiVersion: v1alpha1
kind: LinkConfig
name: eth0
mtu: 9000
addresses: [{address: 192.0.2.10/24}]
routes: [{destination: 0.0.0.0/0, gateway: 192.0.2.1, metric: 7}]
---
apiVersion: v1alpha1
kind: VLANConfig
name: eth0.5
vlanID: 5
parent: eth0
addresses: [{address: 198.51.100.1/24}]
---
apiVersion: v1alpha1
kind: BondConfig
name: bond0
links: [eth1, eth2]
bondMode: 802.3ad
lacpRate: fast
---
apiVersion: v1alpha1
kind: DHCPv4Config
name: bond0
routeMetric: 30
---
apiVersion: v1alpha1
kind: DHCPv6Config
name: bond0
clientIdentifier: duid
duidRaw: 00:03:00:01
---
apiVersion: v1alpha1
kind: BridgeConfig
name: br0
links: [eth3]
vlan: {filtering: true}
---
apiVersion: v1alpha1
kind: DummyLinkConfig
name: dummy0
---
apiVersion: v1alpha1
kind: WireguardConfig
name: wg0
privateKey: %s
listenPort: 51820
---
apiVersion: v1alpha1
kind: TimeSyncConfig
enabled: false
bootTimeout: 2m
ntp: {servers: [192.0.2.123]}
"""


def test_links_and_clocks_become_their_documents() -> None:
    time: Value = {"disabled": True, "servers": ["192.0.2.123"], "bootTimeout": "2m"}
    given = decode(dump(old(machine__network={"interfaces": INTERFACES}, machine__time=time)))
    kinds = {document.KIND for document in decode(LOWERED % WIREGUARD).documents}
    found = [document for document in given.documents if document.KIND in kinds]
    wanted = decode(LOWERED % WIREGUARD).documents
    assert sorted(map(repr, found)) == sorted(map(repr, wanted))
    clock: Value = {"servers": ["/dev/ptp0"]}
    (ptp,) = (
        document
        for document in decode(dump(old(machine__time=clock))).documents
        if isinstance(document, TimeSyncConfig)
    )
    assert ptp.ptp.devices == ("/dev/ptp0",)
