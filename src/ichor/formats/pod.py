"""A pod's status in words: what a user would find by describing it.

The fields are of Kubernetes' API v1 (PodStatus, ContainerStatus).
"""

from collections.abc import Iterable, Iterator

from ichor.formats.jsonvalue import Object, obj, objs, text, whole


def trouble(pod: Object) -> str:
    """Say why it is not ready; empty if it is, or has done its work."""
    phase = text(pod, "status", "phase")
    if phase == "Succeeded" or (phase == "Running" and text(_ready(pod), "status") == "True"):
        return ""
    return ", ".join(each for each in _reasons(pod) if each) or phase or "Unknown"


def _ready(pod: Object) -> Object:
    return condition(pod, "Ready")


def condition(item: Object, kind: str) -> Object:
    """Give a condition of a pod, or of anything else that has some; empty if it is not there."""
    found = (each for each in objs(item, "status", "conditions") if text(each, "type") == kind)
    return next(found, {})


def _reasons(pod: Object) -> Iterator[str]:
    phase = text(pod, "status", "phase")
    scheduled = condition(pod, "PodScheduled")
    if text(scheduled, "status") == "False":
        yield f"{phase} {text(scheduled, 'message')}".strip()
        return
    containers = (
        *objs(pod, "status", "initContainerStatuses"),
        *objs(pod, "status", "containerStatuses"),
    )
    said = [each for each in map(_container, containers) if each]
    if told := f"{text(pod, 'status', 'reason')} {text(pod, 'status', 'message')}".strip():
        yield f"{phase} {told}"
    elif said:
        yield from said
    else:
        yield f"{phase} {text(_ready(pod), 'message')}".strip()


def _container(status: Object) -> str:
    """Say what keeps a container from running and how it ended last; nothing of a ready one."""
    if status.get("ready") is True:
        return ""
    waiting = obj(status, "state", "waiting")
    ended = obj(status, "state", "terminated") or obj(status, "lastState", "terminated")
    now = f"{text(waiting, 'reason')} {text(waiting, 'message')}".strip()
    if not ended:
        return now
    count = whole(status, "restartCount")
    last = f"exit {whole(ended, 'exitCode')} {text(ended, 'reason')}".strip()
    times = f"{text(status, 'name')} ended {count} times, last with {last}"
    return f"{now} ({times})" if now else times


def troubles(workload: Object, pods: Iterable[Object]) -> str:
    """Name those of a workload's pods that are not ready, each with its reason.

    workload: a DaemonSet or Deployment; its pods are found by `spec.selector.matchLabels`.
    """
    wanted = obj(workload, "spec", "selector", "matchLabels")
    named = [(text(pod, "metadata", "name"), trouble(pod)) for pod in pods if _has(pod, wanted)]
    return "; ".join(f"pod {name}: {reason}" for name, reason in named if reason)


def _has(pod: Object, wanted: Object) -> bool:
    labels = obj(pod, "metadata", "labels")
    return bool(wanted) and all(labels.get(key) == value for key, value in wanted.items())
