"""Every row of the interface's table of flags holds: value, policy, condition."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ichor.controllers.etcd import args as etcd
from ichor.controllers.k8s import (
    apiserver,
    controller_manager,
    kubelet_args,
    manifest_proxy,
    scheduler,
)
from ichor.errors import InputError
from ichor.formats.jsonvalue import Object, objs, texts

ROWS = [
    tuple((line + "\t" * 4).split("\t")[:5])
    for line in Path(__file__).with_name("flags.tsv").read_text().splitlines()[1:]
    if "(legacy)" not in line
]
ADDRESSES = ("10.0.0.5",)
COMPUTED = {
    "<api audiences>": "https://10.0.0.1:6443",
    "<api port, default 6443>": "6443",
    "<issuer URL then accepted issuers, repeated>": "https://10.0.0.1:6443",
    "<service CIDRs>": "10.96.0.0/12",
    "<pod CIDRs>": "10.244.0.0/16,fc00::/56",
    "<24>": "24",
    "<64>": "64",
    "<hostname>": "n1",
    "<nodename>": "n1",
    "<node IPs comma joined>": "10.0.0.5",
    "https://<listen peer addrs>:2380": "https://10.0.0.5:2380",
    "https://<listen client addrs>:2379": "https://10.0.0.5:2379",
    "https://<listen client addrs>:2383": "https://10.0.0.5:2383",
    "https://<advertised>:2380": "https://10.0.0.5:2380",
    "https://<advertised>:2379": "https://10.0.0.5:2379",
    "<name=peer url,...>": "n1=https://10.0.0.5:2380",
    "new|existing": "existing",
}
Users = Mapping[str, Sequence[str]]


def command(pod: Object) -> tuple[str, ...]:
    return texts(objs(pod, "spec", "containers")[0], "command")[1:]


def line(component: str, users: Users, flag: str) -> tuple[str, ...]:
    if component == "kube-apiserver":
        return command(
            apiserver.render(
                apiserver.Inputs(
                    image="i",
                    service_cidrs=("10.96.0.0/12",),
                    service_account_issuers=("https://10.0.0.1:6443",),
                    extra_args=users,
                    external_cloud_provider=True,
                    authentication_config=flag != "anonymous-auth",
                )
            )
        )
    if component == "kube-controller-manager":
        return command(
            controller_manager.render(
                controller_manager.Inputs(
                    image="i",
                    pod_cidrs=("10.244.0.0/16", "fc00::/56"),
                    service_cidrs=("10.96.0.0/12",),
                    extra_args=users,
                    external_cloud_provider=True,
                )
            )
        )
    if component == "kube-scheduler":
        return command(scheduler.render(scheduler.Inputs(image="i", extra_args=users)))
    if component == "kube-proxy":
        inputs = manifest_proxy.Inputs(image="i", pod_cidrs=("10.244.0.0/16",), extra_args=users)
        template = manifest_proxy.render(inputs)[3]["spec"]
        assert isinstance(template, Mapping)
        pod = template["template"]
        assert isinstance(pod, Mapping)
        return command(pod)
    if component == "kubelet":
        return kubelet_args.render(
            kubelet_args.Inputs(
                nodename="n1",
                node_ips=ADDRESSES,
                extra_args=users,
                external_cloud_provider=True,
                credential_provider=True,
            )
        )
    return etcd.render(
        etcd.Inputs(
            name="n1",
            advertised_addresses=ADDRESSES,
            listen_peer_addresses=ADDRESSES,
            listen_client_addresses=ADDRESSES,
            initial=etcd.Initial(state="existing", members=(("n1", "https://10.0.0.5:2380"),)),
            extra_args=users,
        )
    )


def users_for(condition: str) -> Users:
    only_then = condition.startswith("only when user sets authorization-mode")
    return {"authorization-webhook-version": ["v1"]} if only_then else {}


@pytest.mark.parametrize(
    ("component", "flag", "value", "policy", "condition"),
    [pytest.param(*row, id=f"{row[0]} {row[1]}") for row in ROWS],
)
def test_a_row_of_the_table_holds(
    component: str, flag: str, value: str, policy: str, condition: str
) -> None:
    base = users_for(condition)
    given = [
        item.partition("=")[2]
        for item in line(component, base, flag)
        if item.partition("=")[0] == f"--{flag}"
    ]
    absent = not value or "old kubelets only" in condition
    assert given == ([] if absent else [COMPUTED.get(value, value)])
    users = {**base, flag: ["theirs"]}
    if policy in {"override denied", "fixed"}:
        with pytest.raises(InputError, match="is set by the system"):
            line(component, users, flag)
    else:
        both = ",".join([*given, "theirs"])
        changed = line(component, users, flag)
        assert f"--{flag}={both if policy == 'appended' else 'theirs'}" in changed


def test_a_flag_that_is_not_ours_is_passed_on_as_often_as_given() -> None:
    args = line("kubelet", {"v": ["4"], "x": ["a", "b"]}, "")
    assert [item for item in args if item[:3] in {"--v", "--x"}] == ["--v=4", "--x=a", "--x=b"]


def test_equal_flags_are_one_command_line_whatever_the_order() -> None:
    first = line("etcd", {"a": ["1"], "b": ["2"]}, "")
    assert first == line("etcd", {"b": ["2"], "a": ["1"]}, "")
    names = [item.partition("=")[0] for item in first]
    assert names == sorted(names)
