"""Documents taken together: what would not work is an error, what a container lacks is a note."""

import pytest
from tests.config import samples

from ichor.config import patch
from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.config.encode import encode
from ichor.config.validate import Findings, Mode, validate
from ichor.formats.yaml.problem import Problems

PLANE = encode(samples.control_plane())
CERT = '"-----BEGIN CERTIFICATE-----\\nYQ==\\n-----END CERTIFICATE-----"'
WORKER = encode(samples.worker())


def document(kind: str, *lines: str) -> str:
    return "\n".join(["apiVersion: v1alpha1", f"kind: {kind}", *lines, ""])


def found(base: str, *patches: str, mode: Mode = "metal") -> Findings:
    read = [one for text in patches for one in patch.read(text)]
    return validate(decode(patch.apply(base, read)), mode)


@pytest.mark.parametrize(
    ("base", "change", "error"),
    [
        pytest.param(
            PLANE,
            document("KubeServiceAccountConfig", "$patch: delete"),
            "KubeServiceAccountConfig: missing, KubeClusterConfig needs it on a controlplane",
            id="control-plane-without-service-accounts",
        ),
        pytest.param(
            WORKER,
            document("KubeCoreDNSConfig", "enabled: true"),
            "KubeCoreDNSConfig: is for control planes only",
            id="worker-with-core-dns",
        ),
        pytest.param(
            WORKER,
            document("KubeClusterConfig", "$patch: delete"),
            "KubePrismConfig: needs KubeClusterConfig",
            id="kubernetes-without-a-cluster",
        ),
        pytest.param(
            PLANE,
            document("KubePrismConfig", "port: 6443"),
            "KubePrismConfig: port 6443 is that of kube-apiserver",
            id="two-listeners-on-a-port",
        ),
        pytest.param(
            PLANE,
            document("KubeAPIServerConfig", "apiPort: 50000"),
            "KubeAPIServerConfig: port 50000 is that of apid",
            id="the-port-of-apid",
        ),
        pytest.param(
            PLANE,
            document("KubeAPIServerCAConfig", "issuingCA: {$patch: delete}",
                     f"acceptedCAs: [{CERT}]"),
            "KubeAPIServerCAConfig: a control plane needs issuingCA",
            id="control-plane-without-the-key",
        ),
    ],
)  # fmt: skip
def test_what_would_not_work_is_an_error(base: str, change: str, error: str) -> None:
    assert error in found(base, change).errors


def test_a_certificate_that_is_none_is_an_error() -> None:
    change = document("KubeAPIServerCAConfig", f"acceptedCAs: [{CERT}]")
    assert any("not a readable certificate" in error for error in found(WORKER, change).errors)


def test_a_configuration_for_boot_has_the_main_document() -> None:
    assert validate(Config(), "metal").errors != ()


def test_a_container_says_what_it_leaves_out() -> None:
    change = document("SysctlConfig", "params: {net.ipv4.ip_forward: 1, vm.swappiness: 0}")
    assert found(PLANE, change, mode="container").notes == (
        "FilesystemTrimConfig: skipped: container",
        "VolumeConfig EPHEMERAL mount.secure: skipped: container",
        "machine.features.diskQuotaSupport: skipped: container",
        "SysctlConfig vm.swappiness: skipped: container",
    )
    assert found(PLANE, change).notes == ()


def test_member_names_without_discovery_are_warned_of() -> None:
    change = document("ResolverConfig", "hostDNS: {resolveMemberNames: true}")
    assert len(found(PLANE, change).warnings) == 1
    service = document("DiscoveryServiceConfig", "name: a", "endpoint: https://d.example/")
    assert found(PLANE, change, service).warnings == ()


def test_getters_hide_in_which_document_a_setting_stands() -> None:
    plane, worker = samples.control_plane(), samples.worker()
    held = samples.secrets()
    assert plane.endpoint == worker.endpoint == "https://192.0.2.1:6443"
    assert plane.cluster_name == "CLUSTER"
    assert plane.join_token == worker.join_token == held.trustd.token
    assert plane.os_ca is not None
    assert plane.os_ca.key == held.certs.os.key
    assert worker.os_ca is not None
    assert worker.os_ca.key is None
    assert worker.kubernetes_ca is not None
    assert worker.kubernetes_ca.key is None
    assert worker.kubernetes_ca.accepted == (held.certs.kubernetes.crt,)
    assert worker.etcd_ca is None
    assert worker.aggregator_ca is None
    assert plane.bootstrap_token is not None
    name, secret = plane.bootstrap_token
    assert f"{name}.{secret.reveal()}" == held.secrets.bootstrap.reveal()
    assert (plane.machine_type, worker.machine_type) == ("controlplane", "worker")
    assert Config().machine_type == "unknown"
    assert plane.kubeprism_port == 7445
    assert plane.network.dns_domain == "cluster.local"
    assert plane.host_dns.enabled


def installing(*lines: str) -> str:
    return "\n".join(["machine:", "  install:", *(f"    {line}" for line in lines), ""])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("wipe: true",), "machine.install.disk: expected the device"),
        (("disk: /dev/vda", "extraKernelArgs: [a]"), "extraKernelArgs: the arguments are signed"),
        (("disk: /dev/vda", "legacyBIOSSupport: true"), "by UEFI only"),
        (("disk: /dev/vda", "diskSelector: {size: 1GB}"), "diskSelector: known, not supported"),
        (("disk: /dev/vda", "image: a.example/b:1"), "installs what it carries, ichor.local/"),
    ],
)
def test_what_a_medium_cannot_install_is_refused(lines: tuple[str, ...], said: str) -> None:
    errors = found(WORKER, installing(*lines)).errors
    assert any(said in error for error in errors), errors
    assert found(WORKER, installing(*lines), mode="container").errors == ()


def test_a_disk_to_install_to_is_enough() -> None:
    assert found(WORKER, installing("disk: /dev/vda", "wipe: true")).errors == ()
    match = document(
        "UnattendedInstallConfig",
        "provisioning:",
        "  diskSelector:",
        "    match: disk.size > 10u * GB",
    )
    assert found(WORKER, match).errors == ()
    both = found(WORKER, match, installing("disk: /dev/vda")).errors
    assert both == ("UnattendedInstallConfig: or machine.install, not both",)
    image = match + "installer:\n  image: a.example/b:1\n"
    assert "UnattendedInstallConfig installer.image" in found(WORKER, image).errors[0]


@pytest.mark.parametrize("match", ["", "disk.none == 1", "disk.size", "system_disk"])
def test_a_selector_that_selects_nothing_is_refused(match: str) -> None:
    lines = ("provisioning:", "  diskSelector:", f"    match: '{match}'")
    with pytest.raises(Problems, match=r"provisioning\.diskSelector\.match"):
        found(WORKER, document("UnattendedInstallConfig", *lines))
