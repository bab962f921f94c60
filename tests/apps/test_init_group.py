"""On version 2 nothing gets limits before PID 1 has left the root: proven over the port's model."""

import errno
from collections.abc import Mapping, Sequence

import pytest

from ichor.apps.machined import init_group
from ichor.controllers.runtime import apid_service, trustd_service
from ichor.models import cgroup
from ichor.ports.cgroup import Action, Group, Make, Place
from ichor.resources.runtime.service_spec import Resources

ROOT: Mapping[str, Group] = {"": Group(processes=(1, 2))}
LIMITED = Resources(memory_max=1 << 27)
# What the supervisor does for the services that PID 1 starts, in their order.
SERVICES: Sequence[Action] = [
    step
    for pid, path in enumerate(("podruntime/runtime", "system/signer", "system/apid"), 10)
    for step in (Make(path=path, resources=LIMITED), Place(path=path, pid=pid))
]


def after(groups: Mapping[str, Group], actions: Sequence[Action]) -> Mapping[str, Group]:
    for action in actions:
        groups = cgroup.model(groups, action)
    return groups


def test_services_get_their_limits_once_the_root_is_empty() -> None:
    left = after(ROOT, list(init_group.plan(ROOT[""].processes)))
    assert left[""].processes == ()
    assert left["init"].processes == (1, 2)
    made = after(left, SERVICES)
    assert made["system/apid"].resources.memory_max == 1 << 27
    assert made["system/apid"].processes == (12,)


def test_without_that_the_kernel_would_refuse() -> None:
    with pytest.raises(OSError, match="has processes") as refused:
        after(ROOT, SERVICES)
    assert refused.value.errno == errno.EBUSY


def test_nobody_can_be_put_above_limits() -> None:
    made = after({}, SERVICES)
    for path in ("system", "podruntime"):
        with pytest.raises(OSError, match="has limits") as refused:
            cgroup.model(made, Place(path=path, pid=7))
        assert refused.value.errno == errno.EBUSY


def test_leaving_twice_changes_nothing() -> None:
    left = after(ROOT, list(init_group.plan(ROOT[""].processes)))
    assert list(init_group.plan(left[""].processes)) == []


def test_our_daemons_share_no_group_with_what_is_above_them() -> None:
    specs = [
        apid_service.daemon("apid", apid_service.UID, "system/apid"),
        apid_service.daemon("trustd", trustd_service.UID, "system/trustd"),
    ]
    paths = {spec.cgroup for spec in specs} | {init_group.INIT}
    assert not [path for path in paths for other in paths if path in cgroup.above(other)]
