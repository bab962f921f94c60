"""Configurations are read strictly: every fault with its line, its place and a way out."""

import pytest
from tests.config import samples

from ichor.config.decode import decode
from ichor.config.encode import encode
from ichor.errors import InputError
from ichor.formats.yaml.problem import Problems

WORKER = encode(samples.worker())


def faults(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        decode(text, file="f.yaml")
    return str(caught.value).split("\n")


def document(kind: str, *lines: str) -> str:
    return "\n".join(["apiVersion: v1alpha1", f"kind: {kind}", *lines, ""])


CASES = [
    pytest.param(
        document("KubePrismConfig", "port: 7445", "prot: 1"),
        "f.yaml:4: KubePrismConfig $.prot: unknown field (hint: did you mean port?)",
        id="unknown-field-names-its-neighbour",
    ),
    pytest.param(
        document("KubePrismConfig", "port: 1", "port: 2"),
        "f.yaml:4: duplicate key 'port', first on line 3 (hint: remove one of them)",
        id="duplicate-key",
    ),
    pytest.param(
        document("KubePrismConfig", "port: x"),
        "f.yaml:3: KubePrismConfig $.port: expected an integer, got 'x'",
        id="wrong-type",
    ),
    pytest.param(
        document("KubePrismConfig", "port: 0"),
        "f.yaml:3: KubePrismConfig $.port: expected an integer from 1 to 65535, got '0'",
        id="impossible-value",
    ),
    pytest.param(
        document("KubeInlineManifestConfig", "name: a", "manifest: 'a: b: c'"),
        "f.yaml:4: KubeInlineManifestConfig $.manifest: expected YAML; its line 1 is none",
        id="manifest-that-is-no-yaml",
    ),
    pytest.param(
        document("KubeInlineManifestConfig", "name: a", "manifest: hello"),
        "f.yaml:4: KubeInlineManifestConfig $.manifest: expected objects of Kubernetes,"
        " each with its kind",
        id="manifest-that-is-no-object",
    ),
    pytest.param(
        document("KubePrismConfig"),
        "f.yaml:1: KubePrismConfig $.port: a required field is missing",
        id="missing-field",
    ),
    pytest.param(
        document("KubePrismConfig", "port: 1", "tlsServerName: x"),
        "f.yaml:4: KubePrismConfig $.tlsServerName: known, not supported yet"
        " (hint: remove the field)",
        id="known-field",
    ),
    pytest.param(
        document("KubePrimConfig", "port: 1"),
        "f.yaml:2: $.kind: unknown kind (hint: did you mean KubePrismConfig?)",
        id="unknown-kind",
    ),
    pytest.param(
        document("KmsgLogConfig", "anything: 1"),
        "f.yaml:2: $.kind: kind KmsgLogConfig is known, not supported yet"
        " (hint: remove the document)",
        id="known-kind",
    ),
    pytest.param(
        document("SecurityProfileConfig", "workloadIsolation: true"),
        "f.yaml:3: SecurityProfileConfig $.workloadIsolation: true is known, not supported yet"
        " (hint: write false)",
        id="known-value",
    ),
    pytest.param(
        "apiVersion: v2\nkind: KubePrismConfig\nport: 1\n",
        "f.yaml:1: KubePrismConfig $.apiVersion: expected v1alpha1",
        id="other-version",
    ),
    pytest.param(
        "kind: KubePrismConfig\nport: 1\n",
        "f.yaml:1: KubePrismConfig $.apiVersion: a required field is missing"
        " (hint: write v1alpha1)",
        id="no-version",
    ),
    pytest.param(
        document("KubePrismConfig", "port: 1") + "---\n" + document("KubePrismConfig", "port: 2"),
        "f.yaml:5: a second document KubePrismConfig, the first is on line 1 (hint: join them)",
        id="second-of-its-kind",
    ),
    pytest.param(
        document("KubeNodeConfig", "labels:", "    a b: c"),
        "f.yaml:4: KubeNodeConfig $.labels.a b: expected a key such as example.com/role",
        id="fault-within-a-map",
    ),
    pytest.param(
        document("KubeletConfig", "image: a/b:c", "config:", "    port: 1"),
        "f.yaml:5: KubeletConfig $.config.port: this field is set by the OS"
        " (hint: remove the field)",
        id="protected-field-of-the-kubelet",
    ),
    pytest.param(
        document("KubeClusterConfig", "clusterName: a", "endpoint: http://x"),
        "f.yaml:4: KubeClusterConfig $.endpoint: expected a URL that begins with https://,"
        " got 'http://x'",
        id="url-of-another-scheme",
    ),
    pytest.param(
        document("FilesystemTrimConfig", "interval: weekly"),
        "f.yaml:3: FilesystemTrimConfig $.interval: expected a duration such as 1h30m,"
        " got 'weekly'",
        id="duration",
    ),
    pytest.param("- 1\n", "f.yaml:1: expected a document, a map with kind", id="no-map"),
    pytest.param("a: [\n", "f.yaml:2: no YAML: did not find expected node content", id="syntax"),
]


@pytest.mark.parametrize(("text", "fault"), CASES)
def test_a_fault_is_named_with_line_place_and_hint(text: str, fault: str) -> None:
    assert faults(text) == [fault]


def test_all_faults_of_all_documents_are_named_at_once() -> None:
    text = (
        document("KubePrismConfig", "port: x", "prot: 1")
        + "---\n"
        + document("HostnameConfig", "hostname: a_b", "auto: maybe")
    )
    assert len(faults(text)) == 4


def test_several_named_documents_of_a_kind_are_told_apart_by_name() -> None:
    text = "---\n".join(
        document("StaticHostConfig", f"name: 10.0.0.{n}", "hostnames: [a.b]") for n in (1, 2)
    )
    assert len(decode(text).documents) == 2


def test_the_main_document_is_the_one_without_kind() -> None:
    config = decode(WORKER)
    assert config.is_complete
    assert config.machine_type == "worker"
    assert not decode(document("KubePrismConfig", "port: 1")).is_complete


def test_nothing_at_all_is_an_empty_configuration() -> None:
    assert decode("").documents == ()
    assert decode("---\n# only a comment\n---\n").documents == ()


def test_arguments_are_texts_or_lists_of_them_and_booleans_are_taken_as_written() -> None:
    text = document("KubeletConfig", "image: a:1", "extraArgs: {a: true, b: 5, c: [x, y]}")
    assert "a: 'true'" in encode(decode(text))
    assert encode(decode(encode(decode(text)))) == encode(decode(text))


def test_an_error_of_the_configuration_is_an_error_of_input() -> None:
    with pytest.raises(InputError, match="unknown kind"):
        decode(document("Nope"))
