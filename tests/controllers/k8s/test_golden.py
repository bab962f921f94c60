"""Rendered objects against files that people read: ICHOR_GOLDEN=write rewrites them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from ichor.controllers.k8s import (
    apiserver,
    apiserver_files,
    controller_manager,
    kubelet_config,
    manifest_access,
    manifest_dns,
    manifest_proxy,
    manifests,
    scheduler,
)
from ichor.controllers.k8s.static_pod import ExtraVolume, Resources, Versions
from ichor.formats.jsonvalue import Value

GOLDEN = Path(__file__).parents[2] / "golden" / "k8s"
PODS, SERVICES = ("10.244.0.0/16",), ("10.96.0.0/12",)

CASES: Mapping[str, Value] = {
    "kube-apiserver": apiserver.render(
        apiserver.Inputs(
            image="registry.k8s.io/kube-apiserver:v1.37.1",
            service_cidrs=SERVICES,
            service_account_issuers=("https://10.5.0.2:6443",),
            versions=Versions(config="1", secrets="2"),
        )
    ),
    "kube-controller-manager": controller_manager.render(
        controller_manager.Inputs(
            image="registry.k8s.io/kube-controller-manager:v1.37.1",
            pod_cidrs=PODS,
            service_cidrs=SERVICES,
            environment={"GOMEMLIMIT": "1GiB"},
            extra_volumes=(ExtraVolume(name="x", host_path="/var/x", mount_path="/x"),),
            resources=Resources(limits={"memory": "1Gi"}),
        )
    ),
    "kube-scheduler": scheduler.render(
        scheduler.Inputs(image="registry.k8s.io/kube-scheduler:v1.37.1")
    ),
    "kube-scheduler-config": scheduler.config_file({"parallelism": 8}),
    "kube-apiserver-files": {
        **apiserver_files.render(apiserver_files.Inputs(authentication={"jwt": []})),
        "encryptionconfig.yaml": apiserver_files.old_encryption(secretbox="a2V5", aescbc="b2xk"),
    },
    "kubelet-control-plane-in-a-container": kubelet_config.render(
        kubelet_config.Inputs(
            cluster_dns=kubelet_config.dns_addresses(SERVICES),
            static_pod_url="http://127.0.0.1:41234",
            taints={"node-role.kubernetes.io/control-plane": "NoSchedule"},
            control_plane=True,
            cgroup_v1=True,
            restrict_oom=True,
        )
    ),
    "manifests": {
        name: list(items)
        for name, items in manifests.render(
            manifests.Inputs(
                server="https://127.0.0.1:7445",
                bootstrap_token=manifest_access.Token(id="abcdef", secret="0123456789abcdef"),
                proxy=manifest_proxy.Inputs(
                    image="registry.k8s.io/kube-proxy:v1.37.1", pod_cidrs=PODS
                ),
                dns=manifest_dns.Inputs(
                    image="registry.k8s.io/coredns/coredns:v1.14.7",
                    service_ips=kubelet_config.dns_addresses(SERVICES),
                ),
                api_access=True,
            )
        ).items()
    },
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_what_is_rendered_is_what_was_reviewed(name: str) -> None:
    rendered = json.dumps(msgspec.to_builtins(CASES[name]), indent=1) + "\n"
    file = GOLDEN / f"{name}.json"
    if os.environ.get("ICHOR_GOLDEN") == "write":
        file.write_text(rendered)
    assert rendered == file.read_text()


def test_secrets_are_not_in_a_repr() -> None:
    token = manifest_access.Token(id="abcdef", secret="0123456789abcdef")
    assert "0123456789abcdef" not in repr(token)
