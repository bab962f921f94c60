"""A service in a real control group: placed before it runs, limited, and ended with all it made."""

import os
import tempfile
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.fresh import fresh
from tests.linux.test_services import World, run, toy

from ichor.linux import cgroup
from ichor.linux.services import Supervisor
from ichor.ports.cgroup import Make, Remove
from ichor.ports.service import Start, State, Stop
from ichor.resources.runtime.service_spec import Resources

pytestmark = pytest.mark.root

_ROOT = Path("/sys/fs/cgroup")


async def _grouped(world: World) -> None:
    name = f"ichor-test-{os.getpid()}"
    whole, ours = cgroup.detect(_ROOT), cgroup.detect(_ROOT, name)
    whole.apply(Make(path=name))
    try:
        with tempfile.TemporaryDirectory() as logs:
            world.supervisor = Supervisor(
                launcher=world.launcher,
                reaper=world.reaper,
                cgroups=ours,
                clock=world.clock,
                logs=Path(logs),
            )
            await _live(world, ours)
    finally:
        whole.apply(Remove(path=name))


async def _live(world: World, groups: "cgroup.CgroupsV1 | cgroup.CgroupsV2") -> None:
    limits = Resources(memory_max=128 << 20, pids_max=32, cpu_millicores=500)
    spec = replace(toy("stubborn"), resources=limits)
    await world.supervisor.apply(Start(spec=spec))
    service = await world.state("toy", State.RUNNING)
    await world.printed("toy", "stubborn")
    group = groups.observe()["system/toy"]
    assert service.pid in group.processes
    assert len(group.processes) == 2  # its fork was born inside
    assert group.resources.memory_max == 128 << 20
    await world.supervisor.apply(Stop(id="toy"))
    while world.reaper.orphans == 0:
        await world.clock.sleep(0)
    assert groups.observe()["system/toy"].processes == ()


def grouped_scenario() -> None:
    run(_grouped)


def test_a_service_lives_in_its_group_and_leaves_nothing_there() -> None:
    fresh(grouped_scenario)
    assert not list(_ROOT.glob("*/ichor-test-*"))
