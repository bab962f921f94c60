"""Clusters whose nodes are containers of our own making, one keeper process each."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import ichor
from ichor.errors import InputError, TransientError
from ichor.provision import control, destroy, egress, hub, network, preflight, record, seed
from ichor.provision.control import Verb
from ichor.provision.life import State, Status
from ichor.provision.provisioner import Phase
from ichor.provision.record import Cluster, Node

# How long the first start may take: an interpreter and twenty mounts, on a machine under load.
_PATIENCE = timedelta(seconds=60)
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "ICHOR_STATE")


class Containers:
    def check(self, cluster: Cluster) -> None:
        preflight.check(cluster)

    def create(self, cluster: Cluster, userdata: Mapping[str, bytes]) -> Sequence[Phase]:
        return (
            Phase("record", partial(record.save, cluster)),
            Phase("network", partial(make_network, cluster)),
            Phase("disks", partial(self._disks, cluster, userdata)),
            Phase("nodes", partial(self._launch, cluster.nodes)),
        )

    def _disks(self, cluster: Cluster, userdata: Mapping[str, bytes]) -> None:
        for node in cluster.nodes:
            directory = record.node_directory(node.cluster, node.name)
            (directory / "state").mkdir(parents=True, exist_ok=True)
            (directory / "var").mkdir(exist_ok=True)
            (directory / "var").chmod(0o755)  # whatever our umask: it is the node's /var
            seed.plant(node, directory)
            if node.name in userdata:
                record.write_atomic(directory / "userdata", userdata[node.name])
            record.save_node(directory, node)

    def _launch(self, nodes: Sequence[Node]) -> None:
        """Start keepers side by side; raises TransientError with the first one's reason."""
        for node in nodes:
            network.make_node(node)
        with ThreadPoolExecutor(max_workers=4) as pool:
            list(pool.map(spawn_keeper, nodes))

    def start(self, cluster: Cluster, nodes: Sequence[str] = ()) -> None:
        """Start nodes that are stopped; after a reboot of the host this makes all but the disks."""
        make_network(cluster)
        # Their keepers would make links too, at the cost of an interpreter each.
        resume(cluster, nodes, self._launch, network.make_node)

    def stop(
        self,
        cluster: Cluster,
        nodes: Sequence[str] = (),
        grace: timedelta = timedelta(seconds=30),
    ) -> None:
        """Power nodes off side by side; a node without a keeper is stopped already."""
        present = [node for node in _chosen(cluster, nodes) if _status(node) is not None]
        with ThreadPoolExecutor(max_workers=max(1, len(present))) as pool:
            list(pool.map(partial(_stop, grace), present))

    def status(self, cluster: Cluster) -> Mapping[str, Status | None]:
        return {node.name: _status(node) for node in cluster.nodes}

    def destroy(self, name: str) -> bool:
        return destroy.destroy(name)


def make_network(cluster: Cluster) -> None:
    """Make the hub, what it serves, and the way out if there is to be one; what is there stays."""
    network.make_hub(cluster)
    if cluster.egress and not egress.is_there(cluster.name):
        egress.add(cluster)
    hub.spawn(cluster)


def resume(
    cluster: Cluster,
    nodes: Sequence[str],
    launch: Callable[[Sequence[Node]], None],
    before: Callable[[Node], None] = lambda _: None,
) -> None:
    """Give keepers to nodes without one, and have the others start what is stopped."""
    chosen = _chosen(cluster, nodes)
    states = {node.name: _status(node) for node in chosen}
    launch([node for node in chosen if states[node.name] is None])
    for node in chosen:
        status = states[node.name]
        if status is not None and status.state is State.STOPPED:
            before(node)
            control.call(record.node_directory(node.cluster, node.name), Verb.START)


def _chosen(cluster: Cluster, wanted: Sequence[str]) -> list[Node]:
    known = {node.name: node for node in cluster.nodes}
    for name in wanted:
        if name not in known:
            raise InputError(f"no node {name!r} in {cluster.name}", hint=f"it has {list(known)}")
    return [known[name] for name in wanted or known]


def _stop(grace: timedelta, node: Node) -> None:
    directory = record.node_directory(node.cluster, node.name)
    control.call(directory, Verb.STOP, grace=grace)


def _status(node: Node) -> Status | None:
    try:
        return control.call(record.node_directory(node.cluster, node.name), Verb.STATUS)
    except TransientError:
        return None


def spawn_keeper(node: Node) -> None:
    """Start the node's keeper; returns once init runs. Raises TransientError if it does not."""
    directory = record.node_directory(node.cluster, node.name)
    environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    environment["PYTHONPATH"] = str(Path(ichor.__file__).parents[1])
    argv = [sys.executable, "-m", "ichor.provision.keeper", str(directory)]
    try:
        done = subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE.total_seconds(),
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as err:
        raise TransientError(f"node {node.name} did not start in {_PATIENCE}") from err
    if done.returncode != 0:
        raise TransientError(done.stderr.strip())
