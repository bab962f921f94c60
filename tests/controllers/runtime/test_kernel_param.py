import csv
from collections.abc import Mapping
from pathlib import Path

from ichor.config.container import Config
from ichor.config.documents.sysctl import SysctlConfig
from ichor.controllers.runtime.kernel_param import (
    DEFAULTS,
    HARDENED,
    id_of,
    kernel_param_apply,
    kernel_param_config,
    kernel_param_defaults,
    kernel_param_machine_defaults,
)
from ichor.ports.sysctl import Attempt, SetParameter
from ichor.resources.config.active import ID, ActiveConfig
from ichor.resources.runtime.kernel_param import KernelParamStatus
from ichor.testing.engine import World

FORWARD = "proc.sys.net.ipv4.ip_forward"
RESERVED = "proc.sys.net.ipv4.ip_local_reserved_ports"


class Kernel:
    """Takes what is of the network; shows port lists in its own way."""

    def __init__(self) -> None:
        self.held: dict[str, Attempt] = {}
        self.writes: list[SetParameter] = []

    def observe(self) -> Mapping[str, Attempt]:
        return dict(self.held)

    def apply(self, action: SetParameter) -> None:
        self.writes.append(action)
        if ".net." not in action.key:
            self.held[action.key] = Attempt(refused=action.value, reason="read-only")
        else:
            shown = "50000-50001" if action.key == RESERVED else action.value
            self.held[action.key] = Attempt(current=shown)


def world(kernel: Kernel, **params: str) -> World:
    made = World((kernel_param_defaults, kernel_param_config, kernel_param_apply(kernel)))
    made.put(ActiveConfig(value=Config(documents=(SysctlConfig(params=params),))), ID)
    made.settle()
    return made


def test_defaults_are_set_once_and_what_is_refused_is_told() -> None:
    kernel = Kernel()
    made = world(kernel)
    assert len(kernel.writes) == len(DEFAULTS)
    assert made.spec(KernelParamStatus, FORWARD) == KernelParamStatus(current="1", default="1")
    panic = made.spec(KernelParamStatus, "proc.sys.kernel.panic")
    assert panic == KernelParamStatus(default="10", unsupported=True)


def test_the_users_value_wins_and_goes_back_to_the_default() -> None:
    kernel = Kernel()
    made = world(kernel, **{"net.ipv4.ip_forward": "0", "net/ipv4/conf/eth0.1/forwarding": "1"})
    assert made.spec(KernelParamStatus, FORWARD) == KernelParamStatus(current="0", default="1")
    assert SetParameter(key="proc.sys.net.ipv4.conf.eth0/1.forwarding", value="1") in kernel.writes
    made.put(ActiveConfig(value=Config()), ID)
    made.settle()
    assert made.spec(KernelParamStatus, FORWARD) == KernelParamStatus(current="1", default="1")


def test_a_parameter_has_one_id_however_it_is_written() -> None:
    ids = {id_of(key) for key in ("net.ipv4.ip_forward", "net/ipv4/ip_forward", FORWARD)}
    assert ids == {FORWARD}


def test_a_machine_hardens_its_own_kernel_and_a_container_leaves_the_hosts_alone() -> None:
    contained, machine = Kernel(), Kernel()
    world(contained)
    World((kernel_param_machine_defaults, kernel_param_apply(machine))).settle()
    hardened = {f"proc.sys.{key}" for key in HARDENED}
    assert not hardened & {write.key for write in contained.writes}
    assert {write.key for write in machine.writes} == hardened | {f"proc.sys.{k}" for k in DEFAULTS}


def test_the_tables_hold_each_row_of_the_facts() -> None:
    with (Path(__file__).parents[2] / "facts/sysctls.tsv").open() as file:
        rows = [r for r in csv.DictReader(file, delimiter="\t") if r["key"].startswith("proc.sys.")]
    assert len(rows) > 30
    for row in rows:
        table = DEFAULTS | (HARDENED if row["condition"] == "not in container mode" else {})
        assert table[row["key"].removeprefix("proc.sys.")] == row["value"]
