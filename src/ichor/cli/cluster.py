"""`ichor cluster`: create, show, list, stop, start, logs, env and destroy clusters on this host."""

import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import click
import msgspec
from msgspec.structs import replace

from ichor.cli import cluster_access, cluster_machines, cluster_up
from ichor.cli.cluster_up import Artefacts, Options
from ichor.cli.phases import Display
from ichor.cli.table import print_table
from ichor.config.versions import Source
from ichor.errors import IchorError, InputError, NotFound
from ichor.provision import name as names
from ichor.provision import record
from ichor.provision.containers import Containers
from ichor.provision.life import Status
from ichor.provision.provisioner import Provisioner, Request, plan
from ichor.provision.record import Cluster, Machine
from ichor.units import parse_duration

DEFAULT_NAME = "ichor-default"
_PASSED_ON = ("ICHOR_LONGEST_CERTIFICATE",)  # to every init: what tests of renewal shorten

_name = click.option("--name", default=DEFAULT_NAME, show_default=True, help="name of the cluster")
_nodes = click.argument("nodes", nargs=-1)


def provisioner(of: Cluster | None = None) -> Provisioner:
    """Give who makes such nodes; whatever is left of a cluster any of them removes."""
    if of is not None and of.has_machines:
        from ichor.provision.machines import Machines

        return Machines()
    return Containers()


@click.group()
def cluster() -> None:
    """Clusters on this host, their nodes in containers of our own or virtual machines."""


@cluster.command()
@_name
@click.option("--control-planes", default=1, show_default=True, help="number of control planes")
@click.option("--workers", default=1, show_default=True, help="number of workers")
@click.option("--subnet", default="10.5.0.0/24", show_default=True, help="the nodes' network")
@click.option(
    "--config-patch", multiple=True, type=click.Path(path_type=Path), help="patch, repeatable"
)
@click.option("--kubeconfig", default="", help="file to merge access into [~/.kube/config]")
@click.option("--egress", is_flag=True, help="let nodes reach what this host reaches")
@click.option(
    "--images",
    type=click.Choice(["build", "pull", "auto"]),
    default="auto",
    show_default=True,
    help="build: made here; pull: by nodes, under upstream's names; auto: build",
)
@click.option(
    "--image-cache", type=click.Path(path_type=Path), help="OCI layout that nodes take images from"
)
@click.option("--root", type=click.Path(path_type=Path), help="squashfs the nodes start from")
@click.option(
    "--skip-injecting-config", "is_bare", is_flag=True, help="nodes wait for a configuration"
)
@click.option(
    "--provisioner",
    "kind",
    type=click.Choice(["containers", "qemu"]),
    default="containers",
    show_default=True,
    help="nodes in containers, or virtual machines that boot our disk",
)
@click.option("--memory", default=2048, show_default=True, help="MiB of a virtual machine")
@click.option("--disk", default=6144, show_default=True, help="MiB of a virtual machine's disk")
@click.option(
    "--iso", "medium", flag_value="iso", help="machines start from a CD and install themselves"
)
@click.option(
    "--pxe", "medium", flag_value="pxe", help="as --iso, but their firmware boots by the network"
)
@click.option(
    "--secure-boot",
    type=click.Path(path_type=Path),
    envvar="ICHOR_SECUREBOOT",
    help="keys (gen secureboot) that machines are enrolled with and the disk is signed by",
)
@click.option("--tpm", is_flag=True, help="give each virtual machine a TPM (swtpm)")
@click.option("--wait/--no-wait", default=True, show_default=True, help="wait until healthy")
@click.option(
    "--wait-timeout",
    default="20m",
    show_default=True,
    help="at most; 5 times that for emulated machines",
)
def create(
    *,
    name: str,
    control_planes: int,
    workers: int,
    subnet: str,
    config_patch: Sequence[Path],
    kubeconfig: str,
    egress: bool,
    images: str,
    image_cache: Path | None,
    root: Path | None,
    is_bare: bool,
    kind: str,
    memory: int,
    disk: int,
    medium: str | None,
    secure_boot: Path | None,
    tpm: bool,
    wait: bool,
    wait_timeout: str,
) -> None:
    """Create a cluster and wait until it is healthy."""
    names.check_cluster(name)
    machine = None
    if kind != "qemu" and medium:
        raise InputError("containers have no firmware", path=f"--{medium}")
    if kind == "qemu" and root is not None:
        raise InputError("machines boot a disk of their own", path="--root")
    if kind != "qemu" and tpm:
        raise InputError("a container has none", path="--tpm", hint="add --provisioner qemu")
    if kind == "qemu":
        machine = Machine(
            image="",
            memory_mib=memory,
            disk_mib=disk,
            secure_boot=secure_boot is not None,
            tpm=tpm,
        )
    source: Source = "pull" if images == "pull" else "build"
    if source == "pull" and not (egress or image_cache or config_patch):
        hint = "add --egress, --image-cache, or a patch that names a mirror"
        raise InputError("nodes have no way to a registry", path="--images=pull", hint=hint)
    request = Request(
        name=name,
        root=root or Path(),
        control_planes=control_planes,
        workers=workers,
        subnet=subnet,
        egress=egress,
        image_cache=image_cache,
        kubeconfig=kubeconfig,
        environment={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        machine=machine,
    )
    timeout = parse_duration(wait_timeout) if wait and not is_bare else None
    planned = plan(request)
    given = None if root is None else _given(root)
    provisioner(planned).check(planned)  # before a build that may take long
    if machine is not None:
        machine = cluster_machines.with_boot(machine, medium, secure_boot)
        request = replace(request, machine=machine)
    is_disk_enough = machine is not None and is_bare
    made = given or (Artefacts() if is_disk_enough else cluster_up.artefacts(source))
    request = replace(request, root=made.root, store=made.store)
    if machine is not None and image_cache is None:
        request = replace(request, image_cache=made.layout)
    options = Options(patches=tuple(config_patch), source=source, wait=timeout, is_bare=is_bare)
    with record.locked(name):
        planned = cluster_machines.fitted(plan(request))
        _create(cluster_access.named(planned), options, made)


def _given(root: Path) -> Artefacts:
    if not root.is_file():
        raise InputError(f"there is no root image {root}", path="--root", hint="run ichor build")
    return Artefacts(root=root)


def _create(planned: Cluster, options: Options, artefacts: Artefacts) -> None:
    made, display = provisioner(planned), Display()
    made.check(planned)
    states = partial(made.status, planned)
    prepared = cluster_up.prepare(planned, options, artefacts, display.says, states)
    phases = [*made.create(planned, prepared.userdata), *prepared.phases]
    try:
        display.run(phases)
    except (IchorError, OSError, KeyboardInterrupt):
        print(f"left for inspection; ichor cluster destroy --name {planned.name} removes it all")
        raise
    record.save(record.ready(planned))
    if options.is_bare:
        for node in planned.nodes:
            print(f"{node.name}: ichor version -i -n 127.0.0.1:{node.forward('api')}")
        return
    called = sys.argv[0] if Path(sys.argv[0]).name == "ichor" else "ichor"
    print(f"next: eval $({called} cluster env --name {planned.name})")


@cluster.command("list")
def list_() -> None:
    """List the clusters of this host."""
    rows = [("NAME", "NODES", "SUBNET", "CREATED", "STATE")]
    for name in record.names():
        try:
            found = record.load(name)
        except IchorError as err:
            rows.append((name, "?", "?", "?", f"damaged: {err}"))
            continue
        state = "ready" if found.ready else "unfinished"
        rows.append((name, str(len(found.nodes)), found.subnet, found.created, state))
    print_table(rows)


@cluster.command()
@_name
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table")
def show(name: str, output: str) -> None:
    """Show a cluster: its nodes, how to reach them, and what it has on this host."""
    from ichor.provision import inventory

    found = _existing(name)
    states = provisioner(found).status(found)
    if output == "json":
        print(json_of(found, states).decode())
        return
    versions = cluster_access.versions(found)
    rows = [("NODE", "ROLE", "ADDRESS", "STATE", "VERSION", "PID", "LAUNCHES", "FORWARDS")]
    for node in found.nodes:
        status = states[node.name]
        state, pid, launches = "no keeper", "-", "-"
        if status is not None:
            state, launches = status.state.value, str(status.launches)
            pid = str(status.pid or "-")
        ports = ", ".join(f"{each.name} 127.0.0.1:{each.listen}" for each in node.forwards)
        version = versions.get(node.name, "-")
        rows.append((node.name, node.role, node.address, state, version, pid, launches, ports))
    print(f"{name}: subnet {found.subnet}, egress {'on' if found.egress else 'off'}")
    print_table(rows)
    for line in inventory.of_cluster(name):
        if not line.startswith(("process", "cgroup")):
            print(line)


def json_of(found: Cluster, states: Mapping[str, Status | None]) -> bytes:
    document = {"cluster": found, "status": states}
    return msgspec.json.format(msgspec.json.encode(document), indent=2)


@cluster.command()
@_name
@_nodes
@click.option("--grace", default="30s", show_default=True, help="how long a power-off may take")
def stop(name: str, nodes: Sequence[str], grace: str) -> None:
    """Power off nodes, all if none is named; their disks stay."""
    with record.locked(name):
        found = _existing(name)
        provisioner(found).stop(found, nodes, parse_duration(grace))


@cluster.command()
@_name
@_nodes
def start(name: str, nodes: Sequence[str]) -> None:
    """Start nodes that are stopped, all if none is named."""
    with record.locked(name):
        found = _existing(name)
        provisioner(found).start(found, nodes)


def _existing(name: str) -> Cluster:
    try:
        return record.load(name)
    except NotFound as err:
        have = ", ".join(record.names()) or "none"
        hint = f"this host has {have}"
        raise InputError(f"no cluster {name!r}", path="--name", hint=hint) from err


@cluster.command()
@_name
@click.argument("node")
def logs(name: str, node: str) -> None:
    """Print what a node wrote to its console."""
    known = [each.name for each in _existing(name).nodes]
    if node not in known:
        raise InputError(f"no node {node!r} in {name}", hint=f"it has {', '.join(known)}")
    directory = record.node_directory(name, node)
    for path in (directory / "console.log.1", directory / "console.log"):
        if path.exists():
            sys.stdout.buffer.write(path.read_bytes())


@cluster.command()
@_name
def env(name: str) -> None:
    """Print shell lines that point kubectl and ichor at a cluster: eval $(ichor cluster env)."""
    found = _existing(name)
    path = f"{cluster_access.binaries(found)}:{os.environ.get('PATH', '')}"
    for key, value in (
        ("KUBECONFIG", str(cluster_access.kubeconfig(found))),
        ("TALOSCONFIG", str(cluster_access.talosconfig(found))),
        ("PATH", path),
    ):
        print(f"export {key}={shlex.quote(value)}")


@cluster.command()
@_name
def destroy(name: str) -> None:
    """Remove a cluster and everything it has on this host, also one half made."""
    names.check_cluster(name)
    begin = time.monotonic()
    with record.locked(name):
        with suppress(NotFound):
            cluster_access.take(record.load(name))
        removed = provisioner().destroy(name)
    seconds = time.monotonic() - begin
    print(f"{name} removed in {seconds:.2f} s" if removed else f"there is no cluster {name}")
