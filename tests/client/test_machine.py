import hashlib
import os
from datetime import UTC, datetime

import pytest

from ichor.client import kubeconfig
from ichor.client.machine import fingerprint, insecure, pinned, secure, split
from ichor.client.talosconfig import Context
from ichor.config.secret import Secret
from ichor.errors import InputError
from ichor.formats.yaml.values import load
from ichor.pki.issue import issue_pair, make_ca
from ichor.pki.leaf import Algorithm, os_client
from ichor.pki.pem import decode
from ichor.rpc.status import RpcError

NOW = datetime.now(UTC)
CA = make_ca("talos", Algorithm.ED25519, now=NOW, entropy=os.urandom)
CLIENT = issue_pair(CA, Algorithm.ED25519, os_client(("os:admin",)), now=NOW, entropy=os.urandom)


def context(*endpoints: str, nodes: tuple[str, ...] = ()) -> Context:
    return Context(
        endpoints=endpoints,
        nodes=nodes,
        ca=CA.certificate,
        crt=CLIENT.certificate,
        key=Secret(CLIENT.key),
    )


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("10.0.0.2", "10.0.0.2", 50000),
        ("10.0.0.2:1", "10.0.0.2", 1),
        ("fd00::2", "fd00::2", 50000),
        ("[fd00::2]:1", "fd00::2", 1),
        ("[fd00::2]", "fd00::2", 50000),
        ("node.test:443", "node.test", 443),
    ],
)
def test_an_address_may_name_a_port(text: str, host: str, port: int) -> None:
    assert split(text) == (host, port)


@pytest.mark.parametrize("text", ["", ":1", "host:port", "[]:1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        split(text)


def test_each_node_is_a_call_of_its_own_through_the_endpoints() -> None:
    nodes = secure(context("10.0.0.2"), ["10.0.0.2", "10.0.0.3"]).nodes
    assert [node.metadata for node in nodes] == [
        (("node", "10.0.0.2"),),
        (("node", "10.0.0.3"),),
    ]
    assert nodes[0].channel is nodes[1].channel


def test_without_nodes_the_only_endpoint_is_meant() -> None:
    (node,) = secure(context("10.0.0.2")).nodes
    assert (node.name, node.metadata) == ("10.0.0.2", ())
    (node,) = secure(context("10.0.0.2", nodes=("10.0.0.9",))).nodes
    assert node.metadata == (("node", "10.0.0.9"),)


def test_several_endpoints_without_a_node_are_refused() -> None:
    with pytest.raises(InputError, match="several"):
        secure(context("10.0.0.2", "10.0.0.3"))


def test_nobody_to_call_is_refused() -> None:
    with pytest.raises(InputError, match="endpoint"):
        secure(context())
    with pytest.raises(InputError, match="node"):
        insecure([])


@pytest.mark.parametrize("part", ["whole", "key"])
def test_a_pin_is_of_the_certificate_or_of_its_key(part: str) -> None:
    from ichor.pki import certificate as x509

    der = decode(CLIENT.certificate)[0].der
    raw = hashlib.sha256(der if part == "whole" else x509.parse(der).public_key).digest()
    pinned(frozenset({raw}))((der,))
    with pytest.raises(RpcError, match="another"):
        pinned(frozenset({bytes(32)}))((der,))
    with pytest.raises(RpcError, match="no certificate"):
        pinned(frozenset({raw}))(())


def test_a_fingerprint_is_read_in_the_usual_forms() -> None:
    import base64

    raw = bytes(range(32))
    for text in (raw.hex(), raw.hex(":").upper(), base64.b64encode(raw).decode()):
        assert fingerprint(text) == raw
    with pytest.raises(InputError):
        fingerprint("abc")


def config(name: str, server: str) -> str:
    return (
        f"clusters: [{{name: {name}, cluster: {{server: '{server}'}}}}]\n"
        f"users: [{{name: admin@{name}, user: {{}}}}]\n"
        f"contexts: [{{name: admin@{name}, context: {{cluster: {name}}}}}]\n"
        f"current-context: admin@{name}\n"
    )


def test_a_kubeconfig_is_laid_over_another() -> None:
    merged = kubeconfig.merged(config("a", "old") + "preferences: {}\n", config("b", "x"))
    (document,) = load(kubeconfig.merged(merged, config("a", "new")))
    assert isinstance(document, dict)
    assert document["current-context"] == "admin@a"
    assert document["clusters"] == [
        {"name": "b", "cluster": {"server": "x"}},
        {"name": "a", "cluster": {"server": "new"}},
    ]
    assert document["preferences"] == {}


def test_merging_twice_changes_nothing() -> None:
    once = kubeconfig.merged(config("a", "x"), config("b", "y"))
    assert kubeconfig.merged(once, config("b", "y")) == once


def test_a_context_may_be_named_otherwise() -> None:
    (document,) = load(kubeconfig.merged("", config("a", "x"), context="mine"))
    assert isinstance(document, dict)
    assert document["current-context"] == "mine"
    assert document["contexts"] == [{"name": "mine", "context": {"cluster": "a"}}]
