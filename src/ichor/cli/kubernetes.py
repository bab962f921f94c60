"""`ichor bootstrap` and `kubeconfig`: beginning a cluster, and getting into it."""

import io
import os
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_machines
from ichor.cli.save import STDOUT
from ichor.errors import InputError
from ichor.rpc.method import method

if TYPE_CHECKING:
    from ichor.client.machine import Node

_CHUNK = 32 * 1024


@click.command()
@click.option("--recover-from", type=click.Path(path_type=Path), help="Begin from this snapshot.")
@click.option("--recover-skip-hash-check", is_flag=True, help="It is a copy of the data file.")
@calls_machines
def bootstrap(target: Target, recover_from: Path | None, *, recover_skip_hash_check: bool) -> None:
    """Begin etcd's cluster on the one control plane that is named."""
    from ichor.proto.machine import machine_pb2 as pb

    request = pb.BootstrapRequest(
        recover_etcd=recover_from is not None, recover_skip_hash_check=recover_skip_hash_check
    )

    async def ask(node: "Node") -> None:
        if recover_from is not None:
            await upload(node, recover_from)
        await node.call("Bootstrap", request, pb.BootstrapResponse, timeout_s=60)

    target.one(ask)


async def upload(node: "Node", path: Path) -> None:
    """Send a snapshot of etcd."""
    from ichor.proto.common import common_pb2
    from ichor.proto.machine import machine_pb2 as pb

    found = method(pb, "MachineService", "EtcdRecover", common_pb2.Data, pb.EtcdRecoverResponse)
    with path.open("rb") as file:
        async with node.open(found) as stream:
            while piece := file.read(_CHUNK):
                await stream.send(common_pb2.Data(bytes=piece))
            await stream.done()
            await stream.receive()


@click.command()
@click.argument("path", required=False, default="")
@click.option("-f", "--force", is_flag=True, help="Replace a file that is there.")
@click.option("-m", "--merge/--no-merge", default=True, show_default=True, help="Into a file.")
@click.option("--force-context-name", default="", help="Name the context so.")
@calls_machines
def kubeconfig(
    target: Target, path: str, force_context_name: str, *, force: bool, merge: bool
) -> None:
    """Get a kubeconfig of an administrator into PATH, default ~/.kube/config; - prints it."""
    from ichor.client import kubeconfig as files

    text = target.one(fetch)
    if force_context_name:
        text = files.merged("", text, context=force_context_name)
    if path == STDOUT:
        sys.stdout.write(text)
        return
    file = destination(path, merge=merge)
    if file.exists() and merge:
        text = files.merged(file.read_text(encoding="utf-8"), text)
    elif file.exists() and not force:
        raise InputError("is there already", path=str(file), hint="use --force or --merge")
    files.save(file, text)
    print(f"wrote {file}", file=sys.stderr)


def destination(path: str, *, merge: bool) -> Path:
    """Give the file: a directory gets one named kubeconfig, none named the user's own."""
    from ichor.client.kubeconfig import default_path

    if not path:
        return default_path(os.environ) if merge else Path("kubeconfig")
    return Path(path) / "kubeconfig" if Path(path).is_dir() else Path(path)


async def fetch(node: "Node") -> str:
    """Ask for a kubeconfig: a tar.gz with one file in it."""
    from google.protobuf.empty_pb2 import Empty

    from ichor.proto.common import common_pb2

    archive = b""
    async for piece in node.stream("Kubeconfig", Empty(), common_pb2.Data):
        archive += piece.bytes
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        member = tar.next()
        file = tar.extractfile(member) if member else None
        if file is None:
            raise InputError("the machine sent no kubeconfig")
        return file.read().decode()
