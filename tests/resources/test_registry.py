"""Finding types by what people type."""

import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import ichor.resources
from ichor.cosi.resource import Spec
from ichor.errors import NotFound
from ichor.resources.modules import MODULES
from ichor.resources.registry import find, spec_class


def test_a_type_in_any_case_answers_alone() -> None:
    assert [one.type for one in find("hostnamestatuses.NET.talos.dev")] == [
        "HostnameStatuses.net.talos.dev"
    ]


def test_an_alias_that_two_types_claim_gives_both() -> None:
    assert {one.type for one in find("hs")} == {
        "HostnameSpecs.net.talos.dev",
        "HostnameStatuses.net.talos.dev",
    }


def test_the_older_mount_status_answers_to_its_short_name_only() -> None:
    assert [one.type for one in find("mounts")] == ["MountStatuses.runtime.talos.dev"]
    assert [one.type for one in find("mountstatuses")] == ["MountStatuses.block.talos.dev"]


def test_an_unknown_name_gives_nothing() -> None:
    assert find("nonsense") == ()


def test_an_unknown_type_is_not_found() -> None:
    with pytest.raises(NotFound, match=r"Nonsense\.talos\.dev"):
        spec_class("Nonsense.talos.dev")


def test_asking_for_one_type_imports_one_domain_module_only() -> None:
    code = (
        "import sys; from ichor.resources.registry import spec_class;"
        "spec_class('Services.v1alpha1.talos.dev');"
        "print(*sorted(m for m in sys.modules if m.startswith('ichor.resources.') "
        "or m.startswith('google.protobuf') or m == 'yaml'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert set(done.stdout.split()) == {
        "ichor.resources.modules",
        "ichor.resources.registry",
        "ichor.resources.v1alpha1",
        "ichor.resources.v1alpha1.service",
    }


def is_of(spec: type[Spec], module: str) -> bool:
    """Operations belong to the engine, and are listed where the machine's resources are."""
    is_named = module == "ichor.resources.runtime.operation" and spec is not Spec
    return spec.__module__ == module or is_named


def test_every_spec_is_registered_where_it_is_unless_it_never_leaves_the_process() -> None:
    private = {
        "ActiveConfigs.ichor.dev",
        "HandedConfigs.ichor.dev",
        "PlatformAnswers.ichor.dev",
    }
    found = {}
    for module in pkgutil.walk_packages(ichor.resources.__path__, "ichor.resources."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and issubclass(one, Spec) and is_of(one, module.name):
                found[one.definition.type] = module.name.removeprefix("ichor.resources.")
    assert {type: where for type, where in found.items() if type not in private} == dict(MODULES)
