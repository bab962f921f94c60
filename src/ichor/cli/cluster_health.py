"""What a cluster still lacks, in one line of words; empty when it lacks nothing. Pure.

The words are those a user would look for: a service and its state, a node's condition, a pod.
"""

from collections.abc import Iterable, Mapping, Sequence

from ichor.formats import pod
from ichor.formats.jsonvalue import Object, text, whole
from ichor.proto.machine import machine_pb2 as pb

RUNNING = "Running"


def service(services: Iterable[pb.ServiceInfo], wanted: str) -> str:
    """Say why one service is not there yet; where it has not begun, what comes before it."""
    known = {each.id: each for each in services}
    if wanted in known:
        return _lacks(known[wanted])
    return troubled(known.values()) or f"{wanted} is not known yet"


def troubled(services: Iterable[pb.ServiceInfo]) -> str:
    """Name the first service that does not run or is not healthy."""
    return next((reason for each in services if (reason := _lacks(each))), "")


def _lacks(info: pb.ServiceInfo) -> str:
    if info.state == RUNNING and (info.health.unknown or info.health.healthy):
        return ""
    said = info.health.last_message if info.state == RUNNING else ""
    if not said and info.events.events:
        said = info.events.events[-1].msg
    state = "unhealthy" if info.state == RUNNING else info.state
    return f"{info.id} {state}: {said}" if said else f"{info.id} {state}"


def nodes(items: Iterable[Object], wanted: Sequence[str]) -> Mapping[str, str]:
    """Give, of the wanted nodes, those that are not ready and why."""
    known = {text(item, "metadata", "name"): item for item in items}
    reasons = {name: _unready(known.get(name)) for name in wanted}
    return {name: reason for name, reason in reasons.items() if reason}


def _unready(node: Object | None) -> str:
    if node is None:
        return "is not registered"
    condition = pod.condition(node, "Ready")
    if text(condition, "status") == "True":
        return ""
    return f"is not Ready: {text(condition, 'message') or 'no status yet'}"


def workloads(
    daemon_sets: Iterable[Object], deployments: Iterable[Object], pods: Sequence[Object]
) -> str:
    """Say which of a namespace's workloads has not all its pods ready; none at all is a lack."""
    rows = [("DaemonSet", one, "desiredNumberScheduled", "numberReady") for one in daemon_sets]
    rows += [("Deployment", one, "replicas", "readyReplicas") for one in deployments]
    if not rows:
        return "no workload is there yet"
    for kind, item, wanted, ready in rows:
        want, have = whole(item, "status", wanted), whole(item, "status", ready)
        if want == 0 or have < want:
            lack = f"{kind} {text(item, 'metadata', 'name')}: {have} of {want} pods ready"
            return "; ".join(filter(None, (lack, pod.troubles(item, pods))))
    return ""


def pods(items: Sequence[Object]) -> str:
    """Say which pod does not run or is not ready; none at all is a lack."""
    if not items:
        return "no pod is there yet"
    named = ((text(item, "metadata", "name"), pod.trouble(item)) for item in items)
    return next((f"pod {name}: {reason}" for name, reason in named if reason), "")
