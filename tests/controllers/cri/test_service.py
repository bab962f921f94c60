"""containerd starts knowing all registries, and runs on while they change."""

from ichor.config.secret import Secret
from ichor.controllers.cri.config import NAME
from ichor.controllers.cri.hosts import DIRECTORY
from ichor.controllers.cri.service import ID, cri_service
from ichor.resources.files.etc import EtcFileStatus
from ichor.resources.files.file import FileSpec, FileStatus
from ichor.resources.runtime.service_spec import ServiceSpec
from ichor.resources.runtime.service_status import ServiceStatus
from ichor.testing.engine import World

HOSTS = f"{DIRECTORY}/_default/hosts.toml"


def world() -> World:
    made = World((cri_service,))
    made.put(EtcFileStatus(spec_version="1"), NAME)
    return made


def runs(made: World) -> bool:
    made.settle()
    return ID in made.specs(ServiceSpec)


def test_without_registries_it_starts_at_once() -> None:
    assert runs(world())


def test_it_waits_until_what_it_is_to_know_is_on_the_disk() -> None:
    made = world()
    made.put(FileSpec(content=Secret("")), HOSTS)
    assert not runs(made)
    made.put(FileStatus(spec_version=1), HOSTS)
    assert runs(made)


def test_once_it_was_started_a_changed_registry_does_not_stop_it() -> None:
    made = world()
    made.put(ServiceStatus(state="Running"), ID)
    made.put(FileSpec(content=Secret("")), HOSTS)
    assert runs(made)


def test_a_file_of_its_own_that_changed_starts_it_anew() -> None:
    made = world()
    assert runs(made)
    before = made.spec(ServiceSpec, ID)
    made.put(EtcFileStatus(spec_version="2"), NAME)
    made.settle()
    assert made.spec(ServiceSpec, ID) != before
