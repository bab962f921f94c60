"""A cluster's access on this host: files of its own, and entries in those of its user.

    <cluster>/talosconfig, <cluster>/kubeconfig    whole, for `ichor cluster env`
    <cluster>/bin/                                 kubectl and ichor, for PATH
    ~/.talos/config, ~/.kube/config                one context each, taken out again by destroy

The record says which files of the user's were written, so that another environment does not lead
destroy to others.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ichor.cli.cluster_machine import machine
from ichor.cli.running import run
from ichor.client import kubeconfig as kube
from ichor.client import talosconfig as talos
from ichor.client.talosconfig import Talosconfig
from ichor.errors import IchorError
from ichor.provision import record
from ichor.provision.forward import LOOPBACK
from ichor.provision.record import Cluster, Node

_MOMENT_S = 3.0


def talosconfig(cluster: Cluster) -> Path:
    return record.cluster_directory(cluster.name) / "talosconfig"


def kubeconfig(cluster: Cluster) -> Path:
    return record.cluster_directory(cluster.name) / "kubeconfig"


def binaries(cluster: Cluster) -> Path:
    return record.cluster_directory(cluster.name) / "bin"


def named(cluster: Cluster) -> Cluster:
    """Give the plan with the user's files in it, as the environment names them now."""
    kubernetes = Path(cluster.kubeconfig) if cluster.kubeconfig else kube.default_path(os.environ)
    return msgspec.structs.replace(
        cluster,
        kubeconfig=str(kubernetes.absolute()),
        talosconfig=str(talos.default_path(os.environ).absolute()),
    )


def give(cluster: Cluster, config: Talosconfig, kubectl: Path | None) -> None:
    """Write the talosconfig, join its context into the user's, link the programs."""
    talos.save(talosconfig(cluster), config)
    theirs = Path(cluster.talosconfig)
    merged = talos.load(theirs).with_context(cluster.name, config.current())
    talos.save(theirs, merged.using(cluster.name))
    directory = binaries(cluster)
    directory.mkdir(exist_ok=True)
    ours = shutil.which(sys.argv[0]) if Path(sys.argv[0]).name == "ichor" else None
    for name, target in (("kubectl", kubectl), ("ichor", ours)):
        if target is not None:
            (directory / name).unlink(missing_ok=True)
            (directory / name).symlink_to(Path(target).absolute())


def give_kubernetes(cluster: Cluster, fetched: str) -> None:
    """Write the kubeconfig a node handed out, led through a forwarder, and join it into theirs."""
    port = next(node.forward("kubernetes") for node in cluster.nodes if node.role != "worker")
    own = kube.led_to(fetched, f"https://{LOOPBACK}:{port}")
    kube.save(kubeconfig(cluster), own)
    kube.update(Path(cluster.kubeconfig), lambda theirs: kube.merged(theirs, own))


def versions(cluster: Cluster) -> Mapping[str, str]:
    """Give what each node says it runs; those that do not answer within a moment are left out."""
    if not talosconfig(cluster).exists():
        return {}
    context = talos.load(talosconfig(cluster)).current(cluster.name)

    async def one(node: Node) -> str:
        try:
            async with asyncio.timeout(_MOMENT_S), machine(context, node) as called:
                return await called.version()
        except (IchorError, OSError, TimeoutError):
            return ""

    async def every() -> list[str]:
        return await asyncio.gather(*(one(node) for node in cluster.nodes))

    answers = zip(cluster.nodes, run(every()), strict=True)
    return {node.name: answer for node, answer in answers if answer}


def take(cluster: Cluster) -> None:
    """Take out of the user's files what was joined in; what they changed since stays."""
    _take_talos(cluster)
    path = kubeconfig(cluster)
    if cluster.kubeconfig and path.exists() and Path(cluster.kubeconfig).exists():
        own = path.read_text()
        kube.update(Path(cluster.kubeconfig), lambda theirs: kube.without(theirs, own))


def _take_talos(cluster: Cluster) -> None:
    theirs = Path(cluster.talosconfig)
    if not cluster.talosconfig or not theirs.exists() or not talosconfig(cluster).exists():
        return
    config, own = talos.load(theirs), talos.load(talosconfig(cluster)).current(cluster.name)
    held = config.contexts.get(cluster.name)
    if held is not None and held.ca == own.ca:  # else it is another cluster's of this name
        talos.save(theirs, config.without(cluster.name))
