"""The offline commands: files out, errors in one line, nothing overwritten unasked."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.config import samples

from ichor.cli.main import main
from ichor.client import talosconfig
from ichor.config import bundle
from ichor.config.decode import decode
from ichor.config.encode import encode
from ichor.config.versions import version
from ichor.pki import certificate
from ichor.rpc.tls import fits

ENDPOINT = "https://192.0.2.1:6443"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path) -> Iterator[None]:
    """Run in a directory of its own, with a talosconfig of its own."""
    before, environment = Path.cwd(), os.environ.copy()
    os.chdir(tmp_path)
    os.environ["TALOSCONFIG"] = str(tmp_path / "tc")
    yield
    os.chdir(before)
    os.environ.clear()
    os.environ.update(environment)


def generate(*more: str) -> int:
    Path("secrets.yaml").write_text(samples_text())
    return main(["gen", "config", "c1", ENDPOINT, "--with-secrets", "secrets.yaml", *more])


def samples_text() -> str:
    return bundle.write(samples.secrets())


def test_secrets_and_configurations_are_generated_and_valid(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gen", "secrets"]) == 0
    assert main(["gen", "config", "c1", ENDPOINT, "--with-secrets", "secrets.yaml"]) == 0
    for name in ("secrets.yaml", "controlplane.yaml", "worker.yaml", "talosconfig"):
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o600
    for name in ("controlplane.yaml", "worker.yaml"):
        assert main(["validate", "-c", name, "-m", "metal", "--strict"]) == 0
    assert main(["validate", "-c", "worker.yaml", "-m", "container"]) == 0
    shown = capsys.readouterr()
    assert "worker.yaml is valid for container mode" in shown.out
    assert "FilesystemTrimConfig: skipped: container" in shown.err


def test_the_talosconfig_is_an_administrators() -> None:
    assert generate() == 0
    held = talosconfig.load(Path("talosconfig")).current()
    assert held.crt is not None
    read = certificate.parse_pem(held.crt)
    assert read.organizations == ("os:admin",)
    assert read.is_client_only
    assert held.ca == samples.secrets().certs.os.crt


def test_nothing_is_overwritten_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate() == 0
    assert generate() == 1
    assert "is there already (hint: use --force" in capsys.readouterr().err
    assert generate("--force") == 0


def test_one_type_goes_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate("-t", "worker", "-o", "-") == 0
    assert decode(capsys.readouterr().out).machine_type == "worker"
    assert generate("-o", "-") == 1


def test_patches_go_to_all_or_to_one_type() -> None:
    Path("p.yaml").write_text("machine: {certSANs: [from.file]}")
    plane = '{"machine": {"certSANs": ["of.plane"]}}'
    assert generate("--config-patch", "@p.yaml", "--config-patch-control-plane", plane) == 0
    sans = [
        decode(Path(f"{name}.yaml").read_text()).cert_sans for name in ("controlplane", "worker")
    ]
    assert sans == [("from.file", "of.plane"), ("from.file",)]


def test_flags_of_scripts_for_other_tools_are_taken() -> None:
    assert (
        generate("--with-docs=false", "--with-examples=false", "--with-cluster-discovery=false")
        == 0
    )


def test_options_without_effect_yet_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate("--install-disk", "/dev/sda") == 1
    assert "--install-disk is known, not supported yet" in capsys.readouterr().err


@pytest.mark.parametrize("endpoint", ["http://a", "a", "https://"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    assert main(["gen", "config", "c1", endpoint]) == 1


def test_images_are_ours_or_those_of_the_projects() -> None:
    assert generate("-t", "worker") == 0
    assert f"ichor.local/kubelet:v{version('kubernetes')}" in Path("worker.yaml").read_text()
    assert generate("--kubernetes-version", "1.36.1", "-t", "worker", "-o", "x.yaml") == 1
    pull = ("--images", "pull", "--kubernetes-version", "v1.36.1")
    assert generate(*pull, "-t", "worker", "-o", "w.yaml") == 0
    assert "/kubelet:v1.36.1" in Path("w.yaml").read_text()
    assert "ichor.local" not in Path("w.yaml").read_text()


def test_secrets_are_gathered_from_a_control_plane() -> None:
    Path("cp.yaml").write_text(encode(samples.control_plane()))
    assert main(["gen", "secrets", "--from-controlplane-config", "cp.yaml"]) == 0
    assert Path("secrets.yaml").read_text() == samples_text()


def test_the_authorities_of_an_existing_cluster_are_taken_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    held = samples.secrets(3).certs
    Path("pki/etcd").mkdir(parents=True)
    for name, each in {
        "ca": held.kubernetes, "etcd/ca": held.etcd, "front-proxy-ca": held.aggregator
    }.items():  # fmt: skip
        Path(f"pki/{name}.crt").write_text(each.crt)
        Path(f"pki/{name}.key").write_text(each.key.reveal())
    assert main(["gen", "secrets", "-p", "pki"]) == 1
    assert "pki/sa.key: no such file" in capsys.readouterr().err
    Path("pki/sa.key").write_text(held.service_account.key.reveal())
    assert main(["gen", "secrets", "-p", "pki", "-t", "abcdef.0123456789abcdef"]) == 0
    made = bundle.read(Path("secrets.yaml").read_text())
    assert made.certs.kubernetes == held.kubernetes
    assert made.certs.etcd == held.etcd
    assert made.certs.os != held.os
    assert made.secrets.bootstrap.reveal() == "abcdef.0123456789abcdef"


def test_a_wrong_configuration_is_named_with_file_and_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("w.yaml").write_text(encode(samples.worker()).replace("port: 7445", "prot: 7445"))
    assert main(["validate", "-c", "w.yaml", "-m", "metal"]) == 1
    assert (
        "KubePrismConfig $.prot: unknown field (hint: did you mean port?)"
        in capsys.readouterr().err
    )
    assert main(["validate", "-c", "none.yaml", "-m", "metal"]) == 1
    assert main(["validate", "-c", "w.yaml", "-m", "moon"]) == 2


def test_strict_takes_warnings_for_errors(capsys: pytest.CaptureFixture[str]) -> None:
    text = encode(samples.worker()).replace("https://192.0.2.1:6443", "https://192.0.2.1:6443/x")
    Path("w.yaml").write_text(text)
    assert main(["validate", "-c", "w.yaml", "-m", "metal"]) == 0
    assert "warning: KubeClusterConfig" in capsys.readouterr().err
    assert main(["validate", "-c", "w.yaml", "-m", "metal", "--strict"]) == 1


@pytest.mark.parametrize("noun", ["machineconfig", "mc"])
def test_a_configuration_is_patched(noun: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("w.yaml").write_text(encode(samples.worker()))
    patch = '{"apiVersion": "v1alpha1", "kind": "KubePrismConfig", "port": 7446}'
    assert main([noun, "patch", "w.yaml", "-p", patch]) == 0
    assert decode(capsys.readouterr().out).kubeprism_port == 7446
    assert main([noun, "patch", "w.yaml", "-p", patch, "-o", "w.yaml"]) == 0
    assert decode(Path("w.yaml").read_text()).kubeprism_port == 7446


def test_a_client_is_made_by_hand() -> None:
    assert main(["gen", "ca", "--organization", "o"]) == 0
    assert main(["gen", "key", "--name", "k"]) == 0
    assert main(["gen", "csr", "--key", "k.key", "--ip", "127.0.0.1", "--roles", "os:reader"]) == 0
    assert main(["gen", "crt", "--ca", "o", "--csr", "k.csr", "--name", "k"]) == 0
    read = certificate.parse_pem(Path("k.crt").read_text())
    assert read.organizations == ("os:reader",)
    assert read.is_client_only
    assert main(["config", "add", "o", "--ca", "o.crt", "--crt", "k.crt", "--key", "k.key"]) == 0
    assert talosconfig.load(Path("tc")).context == "o"


def test_contexts_are_merged_listed_changed_and_removed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert generate() == 0
    assert main(["config", "merge", "talosconfig"]) == 0
    assert main(["config", "endpoint", "10.0.0.1,10.0.0.2", "10.0.0.3"]) == 0
    assert main(["config", "nodes", "10.0.0.4"]) == 0
    assert main(["config", "merge", "talosconfig"]) == 0
    capsys.readouterr()
    assert main(["config", "get-contexts"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["c1", "10.0.0.1,10.0.0.2,10.0.0.3", "10.0.0.4"]
    assert lines[2].split() == ["*", "c1-1"]
    assert main(["config", "use-context", "c1"]) == 0
    assert main(["config", "info", "-o", "json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert (info["context"], info["roles"], info["nodes"]) == ("c1", ["os:admin"], ["10.0.0.4"])
    assert main(["config", "remove", "c1", "--dry-run"]) == 0
    assert "c1" in talosconfig.load(Path("tc")).contexts
    assert main(["config", "remove", "c1", "-y"]) == 0
    assert list(talosconfig.load(Path("tc")).contexts) == ["c1-1"]
    assert main(["config", "context", "c1"]) == 1


def test_keys_of_secure_boot_are_made_for_their_owner_and_not_replaced_unasked() -> None:
    assert main(["gen", "secureboot", "uki", "--common-name", "ours"]) == 0
    assert main(["gen", "secureboot", "pcr"]) == 0
    text = Path("_out/uki-signing-cert.pem").read_text()
    assert certificate.parse_pem(text).common_name == "ours"
    key = Path("_out/uki-signing-key.pem").read_text()
    assert fits(text.encode(), key.encode())
    for name in ("uki-signing-key.pem", "pcr-signing-key.pem"):
        assert stat.S_IMODE(Path("_out", name).stat().st_mode) == 0o600
    assert main(["gen", "secureboot", "uki"]) == 1
    assert Path("_out/uki-signing-key.pem").read_text() == key


def test_what_firmware_is_enrolled_with_is_signed_by_the_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gen", "secureboot", "uki"]) == 0
    assert main(["gen", "secureboot", "database"]) == 0
    made = {path.name: path.read_bytes() for path in Path("_out").glob("*.auth")}
    assert set(made) == {"db.auth", "KEK.auth", "PK.auth"}
    assert len(set(made.values())) == 3  # each signed for its own name
    assert main(["gen", "secureboot", "database", "--include-well-known-uefi-certs"]) == 1
    assert "not supported" in capsys.readouterr().err
