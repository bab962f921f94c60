"""What turns started nodes into a Kubernetes cluster: artefacts and configurations, then phases.

    artefacts ─► plan (provision) ─► prepare ─► provisioner's phases ─► ours (cluster_wait)

`prepare` runs before anything is made, with addresses and ports decided; it gives what nodes start
with and the phases that follow the provisioner's own.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from ichor.cli import cluster_access, cluster_config, cluster_wait
from ichor.config.versions import Source
from ichor.provision import accelerator
from ichor.provision.life import Status
from ichor.provision.provisioner import Phase
from ichor.provision.record import Cluster

if TYPE_CHECKING:
    from ichor.image.cache import Watcher


_STARTING = timedelta(minutes=5)  # what machines may take until they can be told anything


class Options(Struct, frozen=True, kw_only=True):
    """source: whence images come. wait: None to return once nodes are started and configured.

    is_bare: nodes get no configuration and wait for one by their API.
    """

    patches: tuple[Path, ...] = ()
    source: Source = "build"
    wait: timedelta | None = None
    is_bare: bool = False


class Artefacts(Struct, frozen=True, kw_only=True):
    """What nodes are made of.

    store, layout: the images, prepared for containers and for disks; None where they are pulled.
    """

    root: Path = Path()
    kubectl: Path | None = None
    store: Path | None = None
    layout: Path | None = None


class Prepared(Struct, frozen=True, kw_only=True):
    """userdata: machine configuration by node that starts with one."""

    userdata: Mapping[str, bytes] = {}
    phases: Sequence[Phase] = ()


def artefacts(source: Source) -> Artefacts:
    """Build what is missing: long the first time, nothing later."""
    from ichor.image.progress import Bar, Lines

    if not sys.stderr.isatty():
        return _made(source, Lines())
    with Bar() as bar:
        return _made(source, bar)


def _made(source: Source, watcher: "Watcher") -> Artefacts:
    from ichor.image.build import artifacts, node

    if source == "pull":
        bare = node(watcher=watcher)
        return Artefacts(root=bare.root_squashfs, kubectl=bare.kubectl)
    whole = artifacts(watcher=watcher)
    return Artefacts(
        root=whole.root_squashfs,
        kubectl=whole.kubectl,
        store=whole.content_store,
        layout=whole.layout,
    )


def prepare(
    cluster: Cluster,
    options: Options,
    made: Artefacts,
    says: Callable[[str], None],
    states: Callable[[], Mapping[str, Status | None]],
) -> Prepared:
    """Decide what the nodes are told. Raises Problems.

    says: who hears what is waited for. states: asks how the nodes are.
    """
    if options.is_bare:
        return Prepared()
    told = cluster_config.tell(cluster, options.source, options.patches)
    phases = [
        Phase("talosconfig", partial(cluster_access.give, cluster, told.talosconfig, made.kubectl))
    ]
    slowness = accelerator.slowness(cluster)
    waiting = cluster_wait.Waiting(
        cluster=cluster,
        context=told.talosconfig.current(),
        kubeconfig=cluster_access.kubeconfig(cluster),
        keep=partial(cluster_access.give_kubernetes, cluster),
        says=says,
        states=states,
        until=time.monotonic() + slowness * (options.wait or _STARTING).total_seconds(),
        slowness=slowness,
    )
    if cluster.has_machines:
        phases += cluster_wait.configuration(waiting, told.userdata)
    if options.wait is not None:
        phases += cluster_wait.phases(waiting)
    return Prepared(userdata={} if cluster.has_machines else told.userdata, phases=phases)
