"""Methods that only control planes have: said as such on a worker, before anything else is."""

from ichor.cosi.state import State, find
from ichor.resources.config.ids import MACHINE_TYPE_ID
from ichor.resources.config.kinds import MachineKind
from ichor.resources.config.machine import MachineType
from ichor.rpc.context import Context, Handler, Interceptor
from ichor.rpc.status import Code, RpcError

_SERVICE = "/machine.MachineService/"
_ONLY = frozenset(
    {
        "/cluster.ClusterService/HealthCheck",
        f"{_SERVICE}Bootstrap",
        f"{_SERVICE}Kubeconfig",
        f"{_SERVICE}GenerateClientConfiguration",
    }
)
CONTROL_PLANE = frozenset({MachineKind.CONTROLPLANE, MachineKind.INIT})


def is_control_plane_method(path: str) -> bool:
    return path in _ONLY or path.startswith(f"{_SERVICE}Etcd")


def of_control_plane(state: State) -> Interceptor:
    """Interceptor: refuse methods of control planes on other machines."""

    async def intercept(context: Context, handler: Handler) -> None:
        if is_control_plane_method(context.path):
            check(state, context.path.rpartition("/")[2])
        await handler(context)

    return intercept


def check(state: State, name: str) -> None:
    kind = find(state, MachineType, MACHINE_TYPE_ID)
    if kind is None or kind.spec.type is MachineKind.UNKNOWN:
        message = f"machine type is not set, cannot use {name} API"
        raise RpcError(Code.UNIMPLEMENTED, message)
    if kind.spec.type not in CONTROL_PLANE:
        message = f"{name} is only available on control plane nodes"
        raise RpcError(Code.UNIMPLEMENTED, message)
