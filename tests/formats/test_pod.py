"""Why a pod is not ready, as its status says it."""

from collections.abc import Mapping

import pytest

from ichor.formats.jsonvalue import Object, Value
from ichor.formats.pod import trouble, troubles


def pod(name: str = "a", ready: str = "False", **status: Value) -> Object:
    conditions: list[Value] = [{"type": "Ready", "status": ready, "message": "not yet [c]"}]
    more = status.pop("conditions", [])
    assert isinstance(more, list)
    return {
        "metadata": {"name": name, "labels": {"app": name[0], "more": ""}},
        "status": {"phase": "Running", **status, "conditions": conditions + more},
    }


def waiting(reason: str, **more: Value) -> Mapping[str, Value]:
    return {"name": "c", "state": {"waiting": {"reason": reason, "message": "why"}}, **more}


ENDED: Mapping[str, Value] = {"terminated": {"exitCode": 1, "reason": "Error"}}
NOWHERE: Mapping[str, Value] = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(pod(ready="True"), "", id="ready"),
        pytest.param(pod(phase="Succeeded"), "", id="done"),
        pytest.param(pod(), "Running not yet [c]", id="probe"),
        pytest.param(
            pod(phase="Pending", conditions=[NOWHERE]), "Pending 0/1 nodes", id="scheduling"
        ),
        pytest.param(pod(containerStatuses=[waiting("Pull")]), "Pull why", id="waiting"),
        pytest.param(pod(initContainerStatuses=[waiting("Pull")]), "Pull why", id="init"),
        pytest.param(
            pod(containerStatuses=[waiting("Back", restartCount=3, lastState=ENDED)]),
            "Back why (c ended 3 times, last with exit 1 Error)",
            id="crashing",
        ),
        pytest.param(
            pod(containerStatuses=[{"name": "c", "restartCount": 1, "lastState": ENDED}]),
            "c ended 1 times, last with exit 1 Error",
            id="back",
        ),
        pytest.param(
            pod(containerStatuses=[{"name": "c", "ready": True, "lastState": ENDED}]),
            "Running not yet [c]",
            id="another-container",
        ),
        pytest.param(
            pod(phase="Failed", reason="Evicted", message="low on disk"),
            "Failed Evicted low on disk",
            id="evicted",
        ),
        pytest.param({}, "Unknown", id="empty"),
    ],
)
def test_the_reason_is_told(given: Object, said: str) -> None:
    assert trouble(given) == said.strip()


def test_a_workload_s_pods_are_those_of_its_selector() -> None:
    workload: Object = {"spec": {"selector": {"matchLabels": {"app": "a"}}}}
    pods = [pod("a1"), pod("b1"), pod("a2", ready="True"), pod("a3", phase="Pending")]
    said = "pod a1: Running not yet [c]; pod a3: Pending not yet [c]"
    assert troubles(workload, pods) == said
    assert troubles({}, pods) == ""
