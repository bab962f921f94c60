"""`ichor health`: is the cluster well, and if not, what is it waiting for?"""

import sys
import time
from typing import TYPE_CHECKING

import click

from ichor.cli.node import Target, calls_machines
from ichor.errors import InputError
from ichor.units import parse_duration

if TYPE_CHECKING:
    from ichor.client.machine import Node


def _split(values: tuple[str, ...]) -> list[str]:
    return [part for value in values for part in value.split(",") if part]


@click.command()
@click.option("--control-plane-nodes", multiple=True, help="Those that should be there.")
@click.option("--worker-nodes", multiple=True, help="Those that should be there.")
@click.option("--init-node", default="", hidden=True)
@click.option("--k8s-endpoint", default="", hidden=True)
@click.option("--run-e2e", is_flag=True, hidden=True)
@click.option("--server/--no-server", default=True, show_default=True, help="The node checks.")
@click.option("--wait-timeout", default="20m", show_default=True, help="How long at most.")
@calls_machines
def health(
    target: Target,
    control_plane_nodes: tuple[str, ...],
    worker_nodes: tuple[str, ...],
    init_node: str,
    k8s_endpoint: str,
    wait_timeout: str,
    *,
    run_e2e: bool,
    server: bool,
) -> None:
    """Wait until the cluster of the named control plane is healthy."""
    from ichor.proto.cluster import cluster_pb2 as pb

    if not server:
        raise InputError("--server=false is known, not supported yet")
    request = pb.HealthCheckRequest(
        cluster_info=pb.ClusterInfo(
            control_plane_nodes=[*_split((init_node,)), *_split(control_plane_nodes)],
            worker_nodes=_split(worker_nodes),
            force_endpoint=k8s_endpoint,
        )
    )
    request.wait_timeout.FromTimedelta(parse_duration(wait_timeout))

    async def follow(node: "Node") -> None:
        begin = time.monotonic()
        stream = node.stream(
            "HealthCheck", request, pb.HealthCheckProgress, module=pb, service="ClusterService"
        )
        async for one in stream:
            seconds = time.monotonic() - begin
            print(f"[{seconds:7.2f} s] {one.message}", file=sys.stderr, flush=True)

    target.one(follow)
