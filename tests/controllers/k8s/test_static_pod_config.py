import pytest

from ichor.config.container import Config
from ichor.config.decode import decode
from ichor.controllers.k8s.static_pod_config import Inputs, static_pod_config
from ichor.formats.yaml.problem import Problems
from ichor.resources.config.active import ActiveConfig
from ichor.resources.k8s.static_pod import StaticPod
from ichor.testing.engine import run

DOCUMENT = """
apiVersion: v1alpha1
kind: KubeStaticPodConfig
name: {name}
pod: {{apiVersion: v1, kind: Pod, metadata: {metadata}}}
"""


def config(name: str = "web", metadata: str = "{name: web}") -> Config:
    return decode(DOCUMENT.format(name=name, metadata=metadata))


def test_a_users_pod_is_offered_as_it_is_written() -> None:
    pods = run(static_pod_config, Inputs(config=ActiveConfig(value=config())))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}
    assert pods == {"web": StaticPod(pod=pod)}


@pytest.mark.parametrize(
    ("name", "metadata", "message"),
    [
        pytest.param("kube-scheduler", "{name: web}", "choose another", id="ours"),
        pytest.param("web", "{}", r"pod\.metadata\.name: a required field", id="nameless"),
    ],
)
def test_a_pod_that_cannot_run_is_refused(name: str, metadata: str, message: str) -> None:
    with pytest.raises(Problems, match=message):
        config(name, metadata)
