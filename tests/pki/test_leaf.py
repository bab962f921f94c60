"""Every certificate of the table can be issued and says what the table says."""

import random
from datetime import UTC, datetime

import pytest

from ichor.pki import certificate, leaf
from ichor.pki.issue import issue_pair, make_ca
from ichor.pki.leaf import Algorithm, Leaf, Usage

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SANS = ("node", "10.0.0.1")
LEAVES = [
    pytest.param(leaf.os_server("node", SANS), "node", (), id="apid"),
    pytest.param(leaf.os_forwarder("node"), "node", ("os:impersonator",), id="apid-client"),
    pytest.param(leaf.os_client(("os:admin",)), "", ("os:admin",), id="person"),
    pytest.param(leaf.kube_apiserver(SANS), "kube-apiserver", ("kube-master",), id="apiserver"),
    pytest.param(
        leaf.KUBELET_CLIENT, "apiserver-kubelet-client", ("system:masters",), id="kubelet-client"
    ),
    pytest.param(leaf.FRONT_PROXY, "front-proxy-client", (), id="front-proxy"),
    pytest.param(leaf.OS_ADMIN, "talos:admin", ("system:masters",), id="os-admin"),
    pytest.param(leaf.admin(), "admin", ("system:masters",), id="admin"),
    pytest.param(leaf.etcd_member("node", SANS), "node", (), id="etcd"),
    pytest.param(leaf.ETCD_ADMIN, "admin", (), id="etcd-admin"),
]


@pytest.mark.parametrize(("wanted", "name", "organizations"), LEAVES)
def test_a_certificate_says_what_was_asked_for(
    wanted: Leaf, name: str, organizations: tuple[str, ...]
) -> None:
    entropy = random.Random(1).randbytes
    ca = make_ca("ca", Algorithm.P256, now=NOW, entropy=entropy)
    pair = issue_pair(ca, Algorithm.P256, wanted, now=NOW, entropy=entropy)
    read = certificate.parse_pem(pair.certificate)
    assert (read.common_name, read.organizations) == (name, organizations)
    assert read.not_after == min(
        NOW + wanted.lifetime, certificate.parse_pem(ca.certificate).not_after
    )
    assert (*read.dns_names, *read.addresses) == wanted.sans
    assert read.is_client_only == (wanted.usages == {Usage.CLIENT})
