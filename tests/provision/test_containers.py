"""Nodes in containers: they start, talk, come back, and go without a trace."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Generator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from tests.provision.clusters import (
    ask,
    build_store,
    create,
    destroyed_after,
    directory,
    exchange,
    is_running,
    left_of,
    next_launch,
    status,
    unique,
)

from ichor.errors import Conflict, InputError, TransientError
from ichor.provision import cgroup, control, destroy, inventory, network, record
from ichor.provision import name as names
from ichor.provision.containers import Containers
from ichor.provision.control import Verb
from ichor.provision.life import State
from ichor.provision.provisioner import Request, plan
from ichor.provision.record import Cluster, Node

pytestmark = [pytest.mark.root, pytest.mark.usefixtures("state", "bounded")]


@pytest.fixture
def cluster(root: Path, state: Path) -> Generator[Cluster]:
    name = unique("a")
    with destroyed_after(name):
        yield create(name, root)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A prepared content store, as far as the provisioner looks into one."""
    return build_store(tmp_path / "store")


def first(cluster: Cluster) -> Node:
    return cluster.nodes[0]


def worker(cluster: Cluster) -> Node:
    return cluster.nodes[1]


def reach(node: Node, other: Node) -> bool:
    """Tell whether one node gets through to what another, which is up, listens on."""
    ask(other, "echo up")
    return ask(node, f"ping {other.address}") == "reached\n"


def test_forwarders_carry_traffic_to_both_ports(cluster: Cluster) -> None:
    assert ask(first(cluster), "echo one") == "one\n"
    assert ask(first(cluster), "echo two", "kubernetes") == "two\n"
    assert ask(worker(cluster), "echo three") == "three\n"


def test_forwarders_carry_much_and_pass_the_end_on(cluster: Cluster) -> None:
    size = 20 << 20
    address = ("127.0.0.1", first(cluster).forward("api"))
    with socket.create_connection(address, timeout=30) as link:
        link.sendall(b"drain\n" + b"x" * size)
        link.shutdown(socket.SHUT_WR)
        assert int(link.makefile().read()) == size


def test_a_slow_reader_does_not_fill_the_keeper(cluster: Cluster) -> None:
    node, size = first(cluster), 64 << 20
    before = peak_memory(status(node).keeper)
    with socket.socket() as link:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(30)
        link.connect(("127.0.0.1", node.forward("api")))
        link.sendall(b"pour %d\n" % size)
        while data := link.recv(16384):
            size -= len(data)
    assert size == 0
    assert peak_memory(status(node).keeper) - before < 4 << 20


def peak_memory(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) << 10


def test_nodes_reach_each_other_and_nothing_else(cluster: Cluster) -> None:
    assert reach(worker(cluster), first(cluster))
    assert reach(first(cluster), worker(cluster))
    assert ask(first(cluster), "ping 192.0.2.1") == "Network is unreachable\n"


def test_a_node_has_its_own_root_and_only_var_run_and_state_are_writable(cluster: Cluster) -> None:
    node = worker(cluster)
    for path in ("/etc/x", "/x", "/proc/sys/kernel/panic", "/sys/power/state"):
        assert ask(node, f"write {path}") == "Read-only file system\n"
    for path in ("/var/x", "/run/x", "/run/host/state/x", "/dev/shm/x"):
        assert ask(node, f"write {path}") == "written\n"
    assert (directory(node) / "var/x").read_text() == "x\n"
    assert (directory(node) / "state/x").read_text() == "x\n"


def test_a_node_sees_its_own_name_cgroup_and_kernel_parameters(cluster: Cluster) -> None:
    node = worker(cluster)
    assert ask(node, "read /proc/sys/kernel/hostname") == f"{node.name}\n"
    assert {line.split(":")[2] for line in ask(node, "read /proc/1/cgroup").split()} == {"/"}
    assert ask(node, "read /proc/sys/vm/overcommit_memory") == "1\n"
    assert ask(node, "read /run/host/container-manager") == "ichor\n"


def test_init_gets_its_configuration_and_a_small_environment(cluster: Cluster) -> None:
    assert ask(worker(cluster), "read /run/host/userdata") == "version: v1alpha1\n"
    assert ask(first(cluster), "read /run/host/userdata") == "No such file or directory\n"
    keys = {line.partition("=")[0] for line in ask(first(cluster), "env").split()}
    assert keys == {"PATH", "container", "PLATFORM"}


def test_two_nodes_share_one_loop_device(cluster: Cluster) -> None:
    loops = [item for item in inventory.snapshot().loops if first(cluster).root in item]
    assert len(loops) == 1


def test_a_reboot_starts_init_again_on_the_same_disk(cluster: Cluster) -> None:
    node = worker(cluster)
    before = status(node)
    # Its neighbours know it now, and their caches must be right about its next life too.
    assert reach(first(cluster), node)
    ask(node, "write /run/gone")
    ask(node, "reboot")
    after = next_launch(node, before.launches)
    assert (after.state, after.launches, after.last_end) == (State.RUNNING, 2, "killed by SIGHUP")
    assert after.crashes == 0
    assert ask(node, "read /var/boots") == "x\nx\n"
    assert ask(node, "read /run/gone") == "No such file or directory\n"
    assert reach(node, first(cluster))
    assert reach(first(cluster), node)


def test_a_node_that_powers_off_stays_off_until_started(cluster: Cluster) -> None:
    node = worker(cluster)
    ask(node, "poweroff")
    assert next_launch(node, 99).state is State.STOPPED
    assert is_running(first(cluster))
    Containers().start(cluster, [node.name])
    assert ask(node, "read /var/boots") == "x\nx\n"


def test_a_forwarder_hangs_up_at_once_while_its_node_is_off(cluster: Cluster) -> None:
    Containers().stop(cluster, [worker(cluster).name])
    assert exchange(worker(cluster), "echo one") == ""


def test_stop_asks_init_to_power_off(cluster: Cluster) -> None:
    Containers().stop(cluster)
    assert {each.state for each in map(status, cluster.nodes)} == {State.STOPPED}
    assert status(first(cluster)).last_end == "killed by SIGINT"


def test_an_init_that_is_killed_comes_back_after_a_pause_that_grows(cluster: Cluster) -> None:
    node = worker(cluster)
    ask(node, "fork")
    for crash in (1, 2):
        os.kill(status(node).pid, signal.SIGKILL)
        after = next_launch(node, crash)
        assert (after.state, after.crashes) == (State.RUNNING, crash)
        assert after.last_end == "killed by SIGKILL"
    assert reach(node, first(cluster))


def test_a_node_that_waits_to_be_started_again_can_be_stopped(cluster: Cluster) -> None:
    node = worker(cluster)
    control.call(directory(node), Verb.KILL)
    Containers().stop(cluster, [node.name])
    assert status(node).state is State.STOPPED
    assert status(node).launches == 1


def test_an_init_that_exits_counts_as_a_crash(cluster: Cluster) -> None:
    ask(worker(cluster), "exit 3")
    assert next_launch(worker(cluster), 1).last_end == "exit status 3"


def test_a_keeper_that_is_killed_takes_its_node_along_and_start_revives_it(
    cluster: Cluster,
) -> None:
    node = worker(cluster)
    running = status(node)
    init = os.pidfd_open(running.pid)
    try:
        os.kill(running.keeper, signal.SIGKILL)
        os.set_blocking(init, True)
        assert destroy.wait([init], timedelta(seconds=10)) == []
    finally:
        os.close(init)
    assert Containers().status(cluster)[node.name] is None
    Containers().start(cluster)
    assert reach(node, first(cluster))


def test_a_keeper_that_is_asked_to_end_lets_its_node_power_off(cluster: Cluster) -> None:
    keeper = os.pidfd_open(status(worker(cluster)).keeper)
    try:
        signal.pidfd_send_signal(keeper, signal.SIGTERM)
        assert destroy.wait([keeper], timedelta(seconds=10)) == []
    finally:
        os.close(keeper)
    assert "meaning=power-off" in (directory(worker(cluster)) / "keeper.log").read_text()


def test_after_a_reboot_of_the_host_start_brings_the_cluster_back(cluster: Cluster) -> None:
    destroy.kill([status(node).keeper for node in cluster.nodes])
    for path in network.namespaces(cluster.name):
        network.remove_namespace(path)
    cgroup.remove(cgroup.find(names.cgroup(cluster.name)))
    Containers().start(cluster)
    assert reach(worker(cluster), first(cluster))
    assert ask(worker(cluster), "read /var/boots") == "x\nx\n"


def test_a_second_keeper_of_a_node_is_refused(cluster: Cluster) -> None:
    from ichor.provision.containers import spawn_keeper

    with pytest.raises(TransientError, match="has a keeper already"):
        spawn_keeper(worker(cluster))
    assert is_running(worker(cluster))


def test_destroy_leaves_nothing_and_again_finds_nothing(root: Path) -> None:
    name = unique("b")
    before = inventory.snapshot()
    with destroyed_after(name):
        cluster = create(name, root)
        ask(first(cluster), "fork")
        pids = [pid for each in cluster.nodes for pid in (status(each).pid, status(each).keeper)]
        own = inventory.namespaces_of(os.getpid())
        namespaces = set().union(*map(inventory.namespaces_of, pids)) - own
        assert len(namespaces) == 12
        begin = time.clock_gettime(time.CLOCK_BOOTTIME)
        assert Containers().destroy(name)
        assert not Containers().destroy(name)
    after = inventory.snapshot()
    assert inventory.compare(before, after, containing=name) == []
    assert inventory.compare(before, after, containing=str(root)) == []
    assert inside(namespaces, begin) == []
    assert left_of(name) == []
    assert not record.cluster_directory(name).exists()
    assert not record.cluster_directory(name).with_suffix(".lock").exists()


def inside(namespaces: set[str], before: float) -> list[int]:
    """Give the processes of before that time in these; the kernel gives the numbers out again."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and inventory.namespaces_of(int(entry.name)) & namespaces:
            with suppress(OSError):
                # proc_pid_stat(5): starttime is field 22, counted from 3 after the name's bracket
                started = (entry / "stat").read_text().rpartition(")")[2].split()[19]
                if int(started) / os.sysconf("SC_CLK_TCK") < before:
                    found.append(int(entry.name))
    return found


def test_destroy_works_by_names_when_the_record_is_gone(root: Path, state: Path) -> None:
    name = unique("c")
    with destroyed_after(name):
        cluster = create(name, root)
        (state / "clusters" / name / "cluster.json").unlink()
        for node in cluster.nodes:
            (directory(node) / "keeper.sock").unlink()
        assert Containers().destroy(name)
        assert left_of(name) == []


def test_two_clusters_of_one_subnet_stand_side_by_side(root: Path) -> None:
    one, other = unique("d"), unique("d2")
    with destroyed_after(one, other):
        left, right = create(one, root), create(other, root)
        assert ask(first(left), "read /proc/sys/kernel/hostname").strip() == first(left).name
        assert ask(first(right), "read /proc/sys/kernel/hostname").strip() == first(right).name
        Containers().destroy(one)
        assert left_of(one) == []
        assert reach(first(right), worker(right))


DATABASE = "lib/containerd/io.containerd.metadata.v1.bolt/meta.db"


def test_images_are_there_at_the_first_start_and_again_after_var_was_emptied(
    root: Path, store: Path
) -> None:
    name = unique("e")
    with destroyed_after(name):
        cluster = create(name, root, store=store)
        node, before = worker(cluster), status(worker(cluster))
        assert ask(node, f"read /var/{DATABASE}") == "as built"
        shutil.rmtree(directory(node) / "var/lib")
        ask(node, "reboot")
        assert next_launch(node, before.launches).state is State.RUNNING
        assert ask(node, f"read /var/{DATABASE}") == "as built"


def test_a_reboot_leaves_the_images_a_node_has(root: Path, store: Path) -> None:
    name = unique("e")
    with destroyed_after(name):
        cluster = create(name, root, store=store)
        node, before = worker(cluster), status(worker(cluster))
        (directory(node) / "var" / DATABASE).write_text("pulled more")
        ask(node, "reboot")
        next_launch(node, before.launches)
        assert ask(node, f"read /var/{DATABASE}") == "pulled more"


def test_a_node_whose_images_are_gone_says_so_and_starts_once_they_are_back(
    root: Path, store: Path, tmp_path: Path
) -> None:
    name = unique("e")
    with destroyed_after(name):
        cluster = create(name, root, store=store)
        node, before = worker(cluster), status(worker(cluster))
        store.rename(tmp_path / "elsewhere")
        shutil.rmtree(directory(node) / "var/lib")
        ask(node, "reboot")
        while status(node).state is not State.WAITING:
            time.sleep(0.01)
        assert f"{store} is gone" in status(node).last_end
        (tmp_path / "elsewhere").rename(store)
        assert next_launch(node, before.launches).state is State.RUNNING
        assert ask(node, f"read /var/{DATABASE}") == "as built"


def test_the_console_is_kept(cluster: Cluster) -> None:
    assert "init 1 is up\n" in (directory(first(cluster)) / "console.log").read_text()


def test_an_init_that_cannot_start_says_why_and_leaves_what_destroy_removes(root: Path) -> None:
    name, made = unique("f"), Containers()
    with destroyed_after(name):
        cluster = plan(Request(name=name, root=root, workers=0, init=("/sbin/none",)))
        *others, launch = made.create(cluster, {})
        for phase in others:
            phase.action()
        with pytest.raises(TransientError, match="No such file"):
            launch.action()
        made.destroy(name)
        assert left_of(name) == []


def test_a_cluster_that_exists_or_a_port_in_use_is_refused(cluster: Cluster, root: Path) -> None:
    with pytest.raises(InputError, match="exists"):
        Containers().check(cluster)
    name = unique("g")
    other = plan(Request(name=name, root=root))
    taken = socket.create_server(("127.0.0.1", other.nodes[0].forward("api")))
    with taken, pytest.raises(InputError, match="in use"):
        Containers().check(other)


def test_a_cluster_being_changed_is_locked(cluster: Cluster) -> None:
    with record.locked(cluster.name):
        second = record.locked(cluster.name)
        with pytest.raises(Conflict, match=str(os.getpid())):
            second.__enter__()


def test_a_status_call_without_a_keeper_is_transient(state: Path) -> None:
    state.mkdir()
    with pytest.raises(TransientError, match="does not answer"):
        control.call(state, Verb.STATUS)
