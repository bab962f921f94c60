from ichor.config.container import Config
from ichor.config.documents.environment import EnvironmentConfig
from ichor.config.secret import Secret
from ichor.controllers.cri.service import PATH, cri_service
from ichor.controllers.runtime.environment import environment
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.files.etc import EtcFileStatus
from ichor.resources.runtime.environment import Environment
from ichor.resources.runtime.service_spec import ServiceSpec
from ichor.testing.engine import World


def world(**variables: str) -> World:
    made = World((environment, cri_service))
    document = EnvironmentConfig(variables={key: Secret(of) for key, of in variables.items()})
    made.put(ActiveConfig(value=Config(documents=(document,))), ID)
    made.put(EtcFileStatus(spec_version="1"), "cri/containerd.toml")
    made.settle()
    return made


def test_containerd_is_given_the_proxy() -> None:
    made = world(https_proxy="http://192.0.2.1:3128")
    assert made.spec(Environment, "environment") == Environment(
        variables=("https_proxy=http://192.0.2.1:3128",)
    )
    spec = made.spec(ServiceSpec, "containerd")
    assert spec is not None
    assert spec.environment["https_proxy"] == "http://192.0.2.1:3128"


def test_where_programs_are_looked_for_is_not_to_be_changed() -> None:
    spec = world(PATH="/var/evil").spec(ServiceSpec, "containerd")
    assert spec is not None
    assert spec.environment["PATH"] == PATH
