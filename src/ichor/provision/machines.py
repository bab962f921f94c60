"""Clusters whose nodes are virtual machines that boot our disk, one keeper process each."""

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from msgspec.structs import replace

from ichor.errors import InputError
from ichor.image.sparse import copy
from ichor.provision import accelerator, destroy, machine, preflight, record, tpm
from ichor.provision.containers import Containers, make_network, resume, spawn_keeper
from ichor.provision.provisioner import Phase
from ichor.provision.record import Cluster, Machine, Node
from ichor.units import format_size

_MIB = 1 << 20


class Machines:
    """Stopping, status and destruction are the keepers' work, as with containers."""

    def __init__(self) -> None:
        self._keepers = Containers()
        self.status = self._keepers.status
        self.destroy = destroy.destroy

    def check(self, cluster: Cluster) -> None:
        if shutil.which(machine.QEMU) is None:
            hint = "apt-get install qemu-system-x86 ovmf"
            raise InputError(f"no program {machine.QEMU!r} on this machine", hint=hint)
        for code in {machine.firmware(_machine(node)) for node in cluster.nodes}:
            if not code.is_file():
                raise InputError(f"no firmware {code}", hint="apt-get install ovmf")
        if any(_machine(node).tpm for node in cluster.nodes):
            tpm.check()
        preflight.check_machines(cluster)
        for node in cluster.nodes:
            _check_disk(node)

    def create(self, cluster: Cluster, userdata: Mapping[str, bytes]) -> Sequence[Phase]:
        if userdata:
            raise InputError("a machine is told its configuration by its API")
        cluster = identified(cluster)
        return (
            Phase("record", partial(record.save, cluster)),
            Phase("network", partial(make_network, cluster)),
            Phase("disks", partial(self._disks, cluster)),
            Phase("nodes", partial(self._launch, cluster.nodes)),
        )

    def _disks(self, cluster: Cluster) -> None:
        for node in cluster.nodes:
            made = _machine(node)
            directory = record.node_directory(node.cluster, node.name)
            directory.mkdir(parents=True, exist_ok=True)
            with (directory / machine.DISK).open("wb") as disk:
                disk.truncate(made.disk_mib * _MIB)
                if not made.has_medium:
                    copy(Path(made.image), disk.fileno())
            if made.log_writes:
                (directory / machine.WRITES).touch()
            if node.image_cache:
                self._images(node, directory)
            shutil.copy(machine.VARIABLES, directory / machine.STORE)
            record.save_node(directory, node)

    def _images(self, node: Node, directory: Path) -> None:
        """Give a node its disk of images: one file, linked, since nobody writes to it."""
        from ichor.image import images_disk, tools
        from ichor.image.cache import Cache, default_root

        made = record.cluster_directory(node.cluster) / images_disk.FILE
        if not made.exists():
            images_disk.make(Path(node.image_cache), made, tools.mksquashfs(Cache(default_root())))
        os.link(made, directory / machine.IMAGES)

    def _launch(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            spawn_keeper(node)

    def start(self, cluster: Cluster, nodes: Sequence[str] = ()) -> None:
        make_network(cluster)
        resume(cluster, nodes, self._launch)

    def stop(
        self, cluster: Cluster, nodes: Sequence[str] = (), grace: timedelta = timedelta(seconds=30)
    ) -> None:
        """Press the power button; an emulated machine is given longer to end."""
        self._keepers.stop(cluster, nodes, grace * accelerator.slowness(cluster))


def identified(cluster: Cluster) -> Cluster:
    """Give each machine a UUID of its own, as its maker would."""

    def drawn(node: Node) -> Node:
        return replace(node, machine=replace(_machine(node), uuid=str(uuid4())))

    return replace(cluster, nodes=tuple(drawn(node) for node in cluster.nodes))


def with_accelerator(cluster: Cluster) -> Cluster:
    """Give the cluster with the accelerator that works here; found out once."""
    chosen = accelerator.choose(machine.QEMU)

    def fitted(node: Node) -> Node:
        return replace(node, machine=replace(_machine(node), accelerator=chosen))

    return replace(cluster, nodes=tuple(fitted(node) for node in cluster.nodes))


def _machine(node: Node) -> Machine:
    if node.machine is None:
        raise InputError(f"node {node.name} is no virtual machine")
    return node.machine


def _check_disk(node: Node) -> None:
    made = _machine(node)
    if not made.image:  # it is built when all else is well
        return
    image = Path(made.image)
    if not image.is_file():
        raise InputError(f"there is no disk image {image}", hint="run ichor build disk")
    size = image.stat().st_size
    if made.disk_mib * _MIB < size:
        message = f"a disk of {made.disk_mib} MiB is smaller than the image ({format_size(size)})"
        raise InputError(message, path="--disk")
