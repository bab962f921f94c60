"""Patches: what is laid over wins, lists grow, and joining them first changes nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.config import samples

from ichor.config import patch
from ichor.config.decode import decode
from ichor.config.documents.kube_network import KubeNetworkConfig
from ichor.config.documents.kube_node import KubeNodeConfig
from ichor.config.documents.kube_prism import KubePrismConfig
from ichor.config.documents.kubelet import KubeletConfig
from ichor.config.documents.resolver import ResolverConfig
from ichor.config.encode import encode
from ichor.config.merge import merge
from ichor.formats.yaml.problem import Problems
from ichor.formats.yaml.values import Value

WORKER = encode(samples.worker())


def patched(*patches: str) -> str:
    read = [one for text in patches for one in patch.read(text)]
    return patch.apply(WORKER, read, file="worker.yaml")


def document(kind: str, *lines: str) -> str:
    return "\n".join(["apiVersion: v1alpha1", f"kind: {kind}", *lines, ""])


def test_a_patch_of_nothing_changes_nothing() -> None:
    assert patched() == WORKER


def test_a_text_that_looks_like_a_number_stays_as_it_was_written() -> None:
    text = document("KubeNodeConfig", "labels: {a: 1.10, b: 0x1F, c: 1e3, d: 0644, e: }")
    node = decode(text).one(KubeNodeConfig)
    assert node is not None
    assert node.labels == {"a": "1.10", "b": "0x1F", "c": "1e3", "d": "0644", "e": ""}
    assert decode(patch.apply(text, [])) == decode(text)
    assert decode(patched(text)).one(KubeNodeConfig) == node


def test_scalars_are_replaced_and_lists_grow() -> None:
    config = decode(patched(
        "machine: {certSANs: [a.b]}", "machine: {certSANs: [c.d], features: {rbac: true}}"
    ))  # fmt: skip
    assert config.cert_sans == ("a.b", "c.d")
    assert config.main is not None
    assert config.main.machine.features.disk_quota_support


def test_the_networks_of_pods_are_replaced_whole() -> None:
    config = decode(patched(document("KubeNetworkConfig", "podSubnets: [10.50.0.0/16]")))
    assert config.network.pod_subnets == ("10.50.0.0/16",)
    assert config.network.service_subnets == ("10.96.0.0/12",)


def test_maps_merge_key_by_key() -> None:
    config = decode(patched(
        document("KubeNodeConfig", "labels: {a: b}"), document("KubeNodeConfig", "labels: {c: d}")
    ))  # fmt: skip
    node = config.one(KubeNodeConfig)
    assert node is not None
    assert node.labels == {"a": "b", "c": "d"}


def test_a_free_form_object_merges_too() -> None:
    config = decode(patched(
        document("KubeletConfig", "config: {maxPods: 1, a: {b: 1}}"),
        document("KubeletConfig", "config: {maxPods: 2, a: {c: 2}}"),
    ))  # fmt: skip
    kubelet = config.one(KubeletConfig)
    assert kubelet is not None
    assert kubelet.config.value() == {"maxPods": 2, "a": {"b": 1, "c": 2}}


def test_a_document_that_is_not_there_is_added() -> None:
    text = patched(document("StaticHostConfig", "name: 10.0.0.1", "hostnames: [a]"))
    assert len(decode(text).documents) == len(decode(WORKER).documents) + 1


def test_delete_removes_a_document() -> None:
    assert decode(patched(document("KubePrismConfig", "$patch: delete"))).kubeprism_port is None


def test_delete_removes_a_field() -> None:
    config = decode(patched(document("ResolverConfig", "hostDNS: {$patch: delete}")))
    assert config.one(ResolverConfig) == ResolverConfig()


def test_delete_and_set_in_one_patch_start_anew() -> None:
    first = document("KubeNodeConfig", "labels: {a: b}")
    second = document("KubeNodeConfig", "labels: {$patch: delete}", "annotations: {c: d}")
    node = decode(patched(first, second)).one(KubeNodeConfig)
    assert node is not None
    assert (node.labels, node.annotations) == ({}, {"c": "d"})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("- op: add\n  path: /a\n", "JSON patches are known, not supported yet"),
        (document("KubePrismConfig", "prot: 1"), "did you mean port?"),
        (document("StaticHostConfig", "hostnames: [a]"), "needs the name of the document"),
        (document("KubePrismConfig", "$patch: replace"), "expected $patch: delete"),
        (document("ResolverConfig", "nameservers: [{$patch: delete}]"), "in an item of a list"),
        ("machine: {udev: {rules: [a]}}", "known, not supported yet"),
    ],
)
def test_a_patch_is_read_as_strictly_as_a_configuration(text: str, fault: str) -> None:
    with pytest.raises(Problems) as caught:
        patch.read(text)
    assert fault in str(caught.value)


def test_the_outcome_is_checked() -> None:
    with pytest.raises(Problems, match=r"overlaps pod network"):
        patched(document("KubeNetworkConfig", "podSubnets: [10.96.0.0/16]"))


def test_a_patch_does_not_show_its_values() -> None:
    assert "s3cret" not in repr(patch.read("machine: {token: s3cret}"))


NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["x", "y", ""])
NODES = st.fixed_dictionaries(
    {},
    optional={
        "labels": st.dictionaries(NAMES, TEXTS, max_size=2),
        "taints": st.dictionaries(NAMES, TEXTS, max_size=2),
        "nodeIP": st.fixed_dictionaries({}, optional={"validSubnets": st.lists(TEXTS, max_size=2)}),
    },
)
NETWORKS = st.fixed_dictionaries(
    {}, optional={"podSubnets": st.lists(TEXTS, max_size=2), "dnsDomain": TEXTS}
)
ARGS = st.dictionaries(NAMES, TEXTS | st.lists(TEXTS, max_size=2), max_size=3)
KUBELETS = st.fixed_dictionaries(
    {},
    optional={
        "extraArgs": ARGS,
        "clusterDNS": st.lists(TEXTS, max_size=2),
        "config": st.dictionaries(NAMES, st.lists(TEXTS, max_size=2), max_size=2),
    },
)
PRISMS = st.fixed_dictionaries({}, optional={"port": st.integers()})


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (KubeNodeConfig, NODES),
        (KubeNetworkConfig, NETWORKS),
        (KubeletConfig, KUBELETS),
        (KubePrismConfig, PRISMS),
    ],
)
def test_joining_is_associative_and_nothing_is_neutral(
    kind: type[KubeNodeConfig], values: st.SearchStrategy[dict[str, Value]]
) -> None:
    @settings(max_examples=100)
    @given(values, values, values)
    def law(a: dict[str, Value], b: dict[str, Value], c: dict[str, Value]) -> None:
        first, last = merge(kind, a, b), merge(kind, b, c)
        assert isinstance(first, dict)
        assert isinstance(last, dict)
        assert merge(kind, first, c) == merge(kind, a, last)
        assert merge(kind, a, {}) == a == merge(kind, {}, a)

    law()
