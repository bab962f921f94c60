import pytest

from ichor.controllers.k8s import kubelet_config
from ichor.controllers.k8s.kubelet_config import Inputs, render
from ichor.errors import InputError
from ichor.formats.jsonvalue import Object, Value, at, obj

DNS = ("10.96.0.10",)


def config(**users: Value) -> Object:
    return render(Inputs(cluster_dns=DNS, config=users))


@pytest.mark.parametrize(
    ("users", "path"),
    [
        ({"port": 1}, "port"),
        ({"staticPodPath": "/x"}, "staticPodPath"),
        ({"authentication": {"anonymous": {"enabled": True}}}, "authentication.anonymous.enabled"),
        ({"authorization": {"mode": "AlwaysAllow"}}, "authorization.mode"),
        ({"cgroupRoot": "/x"}, "cgroupRoot"),
        ({"protectKernelDefaults": False}, "protectKernelDefaults"),
        ({"resolvConf": "/x"}, "resolvConf"),
        ({"kind": "Other"}, "kind"),
        ({"seccompDefault": False}, "seccompDefault"),
    ],
)
def test_a_protected_field_is_refused_with_its_path(users: Object, path: str) -> None:
    with pytest.raises(InputError) as caught:
        render(Inputs(cluster_dns=DNS, config=users))
    assert caught.value.path == f"$.KubeletConfig.config.{path}"


def test_a_default_yields_to_the_user() -> None:
    changed = config(clusterDomain="example.org", authentication={"webhook": {"cacheTTL": "1m"}})
    assert changed["clusterDomain"] == "example.org"
    assert at(changed, "authentication", "webhook") == {"cacheTTL": "1m", "enabled": True}


def test_system_reserved_is_replaced_as_a_whole() -> None:
    assert obj(config(), "systemReserved")["memory"] == "384Mi"
    assert config(systemReserved={"cpu": "1"})["systemReserved"] == {"cpu": "1"}


def test_taints_of_both_are_registered_once() -> None:
    theirs: Object = {"key": "a", "value": "x", "effect": "NoSchedule"}
    inputs = Inputs(
        cluster_dns=DNS,
        config={"registerWithTaints": [theirs]},
        taints={"a": "b:NoSchedule", "c": "d:NoExecute", "e": "NoSchedule"},
    )
    assert render(inputs)["registerWithTaints"] == [
        {"key": "c", "effect": "NoExecute", "value": "d"},
        {"key": "e", "effect": "NoSchedule"},
        theirs,
    ]
    by_flag = Inputs(
        cluster_dns=DNS, extra_args={"register-with-taints": ["x"]}, taints={"a": "b:C"}
    )
    assert "registerWithTaints" not in render(by_flag)


def test_a_kubelet_alone_asks_no_api_server_for_leave() -> None:
    alone = render(Inputs(cluster_dns=DNS, skip_node_registration=True))
    assert at(alone, "authentication", "webhook", "enabled") is False
    assert at(alone, "authorization", "mode") == "AlwaysAllow"


def test_a_host_without_cgroup_v2_or_the_right_to_lower_oom_scores_is_met() -> None:
    met = render(Inputs(cluster_dns=DNS, cgroup_v1=True, restrict_oom=True))
    assert met["failCgroupV1"] is False
    assert met["oomScoreAdj"] == 0
    assert "failCgroupV1" not in config()


def test_the_dns_service_has_the_tenth_address_of_each_family() -> None:
    assert kubelet_config.dns_addresses(("10.96.0.0/12", "fc00:db8:20::/112")) == (
        "10.96.0.10",
        "fc00:db8:20::a",
    )
